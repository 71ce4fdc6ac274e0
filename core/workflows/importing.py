"""Importing workflows: of the studio, of ComfyUI, and from the metadata of images.

An import runs nothing and fetches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core.errors import InvalidWorkflow, TooLarge
from core.operations.declaration.registry import Registry
from core.store.json_text import read_json
from core.workflows.comfy.importer import import_comfy, is_comfy
from core.workflows.comfy.model_files import ModelFiles
from core.workflows.comfy.report import Report
from core.workflows.generation import restore_generation
from core.workflows.restoration import restore
from core.workflows.wiring import Problem, problems, wire
from core.workflows.workflow import Workflow, parse

JSON_MAX = 8 << 20  # bytes
_OWN = "qpyt"
_JSON_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*[{\[]")


@dataclass(frozen=True, slots=True)
class ImportedWorkflow:
    """A workflow with its faults, and the report of its import."""

    workflow: Workflow
    problems: list[Problem]
    report: Report = field(default_factory=lambda: Report(_OWN))


def import_data(
    data: Any, registry: Registry, files: ModelFiles, name: str = ""
) -> ImportedWorkflow:
    """A workflow from JSON data: the studio's, its older list, or ComfyUI's in either form.

    `name` is for a workflow that has none. Raises `InvalidWorkflow`.
    """
    if is_comfy(data):
        imported = import_comfy(data, files, name)
        workflow, report = imported.workflow, imported.report
        return ImportedWorkflow(workflow, problems(workflow, registry), report)
    wired, faults = wire(parse(data), registry)
    if name and not wired.name:
        wired = wired.model_copy(update={"name": name})
    return ImportedWorkflow(wired, faults)


def import_file(data: bytes, registry: Registry, files: ModelFiles) -> ImportedWorkflow:
    """The workflow of a file: JSON, or the metadata of an image. Raises as those functions do."""
    if is_json(data):
        return import_text(data, registry, files)
    return import_image(data, registry, files)


def import_text(
    data: bytes, registry: Registry, files: ModelFiles, name: str = ""
) -> ImportedWorkflow:
    """As `import_data`, from a file. NaN and infinities, which ComfyUI writes, become null.

    Raises `InvalidWorkflow`, or `TooLarge` over `JSON_MAX` bytes.
    """
    if len(data) > JSON_MAX:
        raise TooLarge(
            f"The file has {len(data)} bytes; {JSON_MAX} are allowed.",
            field="file",
            fix="Export the workflow without its images.",
        )
    try:
        content = read_json(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        content = None
    if content is None:
        raise InvalidWorkflow(
            "The file is not JSON in UTF-8, or it is nested too deep.",
            field="file",
            fix="Choose a workflow of this studio or of ComfyUI, or an image with metadata.",
        )
    return import_data(content, registry, files, name)


def import_image(data: bytes, registry: Registry, files: ModelFiles) -> ImportedWorkflow:
    """The workflow in the metadata of an image file. Raises `InvalidWorkflow`."""
    from core.store.metadata import read_metadata

    return import_metadata(read_metadata(data), registry, files)


def import_metadata(
    metadata: Mapping[str, Any], registry: Registry, files: ModelFiles
) -> ImportedWorkflow:
    """The workflow of an image's metadata, as `read_metadata` returns it.

    The workflow of the studio that made it comes first, then the studio's snapshot, a graph of
    ComfyUI, and the settings of other tools. Raises `InvalidWorkflow`.
    """
    document = metadata.get("workflow")
    if isinstance(document, dict):
        with suppress(InvalidWorkflow):  # of a newer version: the snapshot is left
            return import_data(document, registry, files)
    snapshot = metadata.get("qpyt")
    if isinstance(snapshot, dict):
        workflow = restore(snapshot, registry)
        return ImportedWorkflow(workflow, problems(workflow, registry))
    texts = metadata.get("texts") or {}
    for name in ("prompt", "workflow"):
        graph = read_json(texts.get(name, ""))
        if is_comfy(graph):
            return import_data(graph, registry, files)
    generation = metadata.get("generation")
    if isinstance(generation, Mapping):
        workflow, report = restore_generation(
            str(metadata.get("source")), generation, registry, files
        )
        return ImportedWorkflow(workflow, problems(workflow, registry), report)
    raise InvalidWorkflow(
        "This image holds no metadata that a workflow can be restored from.",
        field="file",
        fix="Use an image as its tool saved it: many sites and messengers remove metadata.",
    )


def hides_metadata(data: bytes) -> bool:
    """True for an image whose metadata can only be in its pixels: PNG or WebP without texts."""
    from core.store.chunks import SIGNATURE
    from core.store.metadata import read_metadata

    pixels = data.startswith(SIGNATURE) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
    return pixels and not read_metadata(data)


def is_json(data: bytes) -> bool:
    """True for a file that begins as JSON does, after blanks and a byte order mark."""
    return _JSON_START.match(data) is not None
