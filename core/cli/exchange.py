"""The commands `workflows import` and `workflows export`: files of other tools, and to ComfyUI.

They work on files and headers alone: nothing runs, and no studio has to.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.options import AsJson, DataDir, settings_with
from core.errors import NotFound

if TYPE_CHECKING:
    from core.models.library.library import Library
    from core.settings import Settings
    from core.workflows.importing import ImportedWorkflow
    from core.workflows.library import Workflows

_STATUS = {"approximated": "≈", "unmapped": "✗"}


def add_commands(group: typer.Typer) -> None:
    """Add the commands to a group."""
    group.command("import")(import_workflow)
    group.command("export")(export_workflow)


def import_workflow(
    file: Annotated[
        Path, typer.Argument(help="A workflow of the studio or of ComfyUI, or an image.")
    ],
    name: Annotated[
        str | None, typer.Option(help="Name to save it under; else that of the file.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A file to write it to, in place of saving it.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Import a workflow, and print what was mapped, approximated and not mapped."""
    settings = settings_with(data_dir=data_dir)
    imported = _imported(file, settings)
    workflow = imported.workflow
    if out is not None:
        saved = str(out)
        text = json.dumps(workflow.json_data(), indent=2, ensure_ascii=False)
        out.write_text(text + "\n", encoding="utf-8")
    else:
        from core.workflows.library import Workflows

        library = Workflows(settings.workflows_dir, settings.presets_dir)
        saved = asyncio.run(_save(library, imported, name or workflow.name or file.stem, name))
    report = imported.report.public()
    if as_json:
        print(json.dumps({"saved": saved, "report": report}, indent=2, ensure_ascii=False))
        return
    print(f"{saved}: {len(workflow.bricks)} bricks")
    for line in _lines(report):
        print(line)


def export_workflow(
    workflow: Annotated[str, typer.Argument(help="Name of a saved workflow or preset, or a file.")],
    out: Annotated[
        Path | None, typer.Option(help="A file to write to; else the graph is printed.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Export a workflow to ComfyUI's API format; the report goes to the standard error."""
    from core.operations.declaration.registry import load
    from core.workflows.comfy.export import export_comfy
    from core.workflows.comfy.model_files import LibraryFiles
    from core.workflows.library import Workflows

    settings = settings_with(data_dir=data_dir)
    if Path(workflow).is_file():
        chosen = _imported(Path(workflow), settings).workflow
    else:
        library = Workflows(settings.workflows_dir, settings.presets_dir)
        chosen = asyncio.run(library.find(workflow))
    exported = export_comfy(
        chosen, load(settings.operation_modules), LibraryFiles(_library(settings)).guidance
    )
    text = json.dumps(exported.prompt, indent=2, ensure_ascii=False)
    for line in _lines(exported.report.public()):
        typer.echo(line, err=True)
    if out is None:
        print(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")


def _imported(file: Path, settings: Settings) -> ImportedWorkflow:
    from core.operations.declaration.registry import load
    from core.workflows.comfy.model_files import LibraryFiles
    from core.workflows.importing import import_file

    try:
        data = file.read_bytes()
    except OSError as error:
        raise NotFound(
            f"{file} cannot be read: {error.strerror}.", field="file", fix="Check its path."
        ) from error
    files = LibraryFiles(_library(settings))
    return import_file(data, load(settings.operation_modules), files)


def _library(settings: Settings) -> Library:
    from core.models.library.library import Library
    from core.models.library.string_map import StringMap

    return Library(
        settings.model_places,
        words=settings.model_words,
        hashes=StringMap(settings.data_dir / "hashes.json"),
        presets_dir=settings.presets_dir,
    )


async def _save(
    library: Workflows, imported: ImportedWorkflow, title: str, chosen: str | None
) -> str:
    """Save under the name; one that was not chosen gets a number where it is taken."""
    name, count = title, 1
    while chosen is None and await _taken(library, name):
        count += 1
        name = f"{title} {count}"
    await library.put(name, imported.workflow)
    return name


async def _taken(library: Workflows, name: str) -> bool:
    try:
        await library.get(name)
    except NotFound:
        return False
    return True


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The counts of a report, what differs, and the models that are missing."""
    if not report["nodes"]:
        return
    counts = [f"{report[name]} {name}" for name in ("mapped", "approximated", "unmapped")]
    yield ", ".join(counts)
    for node in report["nodes"]:
        if node["status"] in _STATUS:
            yield f"  {_STATUS[node['status']]} {node['node']} {node['type']}: {node['detail']}"
    for missing in report["missing"]:
        yield f"  {missing['detail']} {missing['fix']}".rstrip()
