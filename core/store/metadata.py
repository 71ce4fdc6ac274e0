"""Metadata of image files, of this and of other tools, read within limits.

Only texts of known names are read; they are shown and may fill a form, and nothing in them is
executed or trusted. Reads PNG text chunks here, JPEG and WebP through `exif`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from core.provenance.xmp import KEYWORD, read_source_type, write_packet
from core.store.chunks import SIGNATURE, texts
from core.store.exif import SOURCE_TYPE, comments
from core.store.foreign import generation_of, tool_of_json
from core.store.json_text import read_json
from core.store.stealth import hidden_texts

if TYPE_CHECKING:
    from PIL.Image import Image

TEXT_LIMIT = 128 << 10
TOTAL_LIMIT = 256 << 10
# The tool that writes a text of this name; the first one found is the source.
_SOURCES = {
    "qpyt": "qpyt",
    "invokeai_metadata": "invokeai",
    "sd-metadata": "invokeai",
    "Dream": "invokeai",
    "fooocus_scheme": "fooocus",
    "parameters": "a1111",
    "workflow": "comfyui",
    "prompt": "comfyui",
}
# Names of general use, which tell of a generation only in files of NovelAI.
_NOVELAI = ("Title", "Description", "Software", "Source", "Comment")
WORKFLOW = "qpyt_workflow"
NAMES = (*_SOURCES, WORKFLOW, *_NOVELAI, "invokeai_workflow", "invokeai_graph", SOURCE_TYPE)


def read_metadata(data: bytes) -> dict[str, Any]:
    """Read how the image in `data` was made; empty for an image without metadata.

    Keys, each only where present: `digital_source_type` (an address of the IPTC), `source` (the
    tool), `parameters` (text), `generation` (prompt, negative_prompt and settings read from the
    texts), `qpyt` (the snapshot), `workflow` (the document of the run that made it), `texts` (other
    tools' texts by name), `omitted` (names of texts that are too long or damaged). Never raises on
    bad bytes.
    """
    return _metadata(*_collect(_named_texts(data)))


def _metadata(texts_by_name: dict[str, str], omitted: list[str]) -> dict[str, Any]:
    source = _source(texts_by_name)
    if source != "novelai":
        texts_by_name = {name: text for name, text in texts_by_name.items() if name not in _NOVELAI}
    result: dict[str, Any] = {"source": source} if source else {}
    if source_type := texts_by_name.pop(SOURCE_TYPE, None):
        result["digital_source_type"] = source_type
    parameters, own = texts_by_name.pop("parameters", None), texts_by_name.pop("qpyt", None)
    if parameters is not None:
        result["parameters"] = parameters
    if generation := generation_of(source, parameters, texts_by_name):
        result["generation"] = generation
    documents = {"qpyt": own, "workflow": texts_by_name.pop(WORKFLOW, None)}
    for name, text in documents.items():
        if text is not None and isinstance(document := read_json(text), dict):
            result[name] = document
        elif text is not None:
            omitted.append(name)
    if texts_by_name:
        result["texts"] = texts_by_name
    if omitted:
        result["omitted"] = omitted
    return result


def read_hidden(image: Image) -> dict[str, Any]:
    """As `read_metadata`, of the texts in the lowest bits of a decoded image."""
    hidden = hidden_texts(image)
    return _metadata(*_collect(iter(hidden.items()))) if hidden else {}


def texts_of(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The texts by name from which `read_metadata` reads this again, but for what it omitted."""
    texts: dict[str, str] = dict(metadata.get("texts") or {})
    if isinstance(parameters := metadata.get("parameters"), str):
        texts["parameters"] = parameters
    if snapshot := metadata.get("qpyt"):
        texts["qpyt"] = json.dumps(snapshot, allow_nan=False)
    if workflow := metadata.get("workflow"):
        texts[WORKFLOW] = json.dumps(workflow, allow_nan=False)
    if source_type := metadata.get("digital_source_type"):
        texts[KEYWORD] = write_packet(str(source_type))
    return texts


def _source(texts: Mapping[str, str]) -> str | None:
    """The tool that wrote these texts."""
    source = next((tool for name, tool in _SOURCES.items() if name in texts), None)
    if source == "a1111" and texts["parameters"].lstrip().startswith("{"):
        return tool_of_json(texts["parameters"])
    if source is None and texts.get("Software", "").startswith("NovelAI"):
        return "novelai"
    return source


def _collect(named: Iterator[tuple[str, str | None]]) -> tuple[dict[str, str], list[str]]:
    """The first text of each known name, within the limits, and the names of omitted texts."""
    collected: dict[str, str] = {}
    omitted: list[str] = []
    total = 0
    for name, text in named:
        if name not in NAMES or name in collected or name in omitted:
            continue
        size = len(text.encode("utf-8", "replace")) if text is not None else 0
        if text is None or size > TEXT_LIMIT or total + size > TOTAL_LIMIT:
            omitted.append(name)
        else:
            collected[name] = text.replace("\0", "")
            total += size
    return collected, omitted


def _named_texts(data: bytes) -> Iterator[tuple[str, str | None]]:
    if data.startswith(SIGNATURE):
        for name, text in texts(data, TEXT_LIMIT):
            if name != KEYWORD:
                yield name, text
            elif source_type := read_source_type(text or ""):
                yield SOURCE_TYPE, source_type
    else:
        yield from comments(data)
