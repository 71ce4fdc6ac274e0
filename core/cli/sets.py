"""The commands `sets`: list and preview sets; run, resume, export and print batches.

Lists and previews work on the files, so no studio has to run.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.cli.batches import follow_batch
from core.cli.options import (
    AsJson,
    DataDir,
    KeepMetadata,
    KeepProvenance,
    assignment,
    settings_with,
)
from core.errors import InvalidInput
from core.store.export_options import ExportOptions
from core.store.outputs import OutputFolder

if TYPE_CHECKING:
    from core.sets.catalogue import SetCatalogue
    from core.studio import AsyncStudio

sets = typer.Typer(help="List, preview and run sets of rows.", no_args_is_help=True)


def complete_set(incomplete: str) -> list[str]:
    """IDs of sets that begin with what was typed."""
    return [entry.id for entry in _catalogue(None).all() if entry.id.startswith(incomplete)]


Name = Annotated[str, typer.Argument(help="ID or name of a set.", autocompletion=complete_set)]

Theme = Annotated[str, typer.Option(help="Theme of all rows.")]


def _catalogue(data_dir: Path | None) -> SetCatalogue:
    from core.sets.catalogue import SetCatalogue

    settings = settings_with(data_dir=data_dir)
    return SetCatalogue(settings.presets_dir / "sets", settings.own_sets)


@sets.command("list")
def list_sets(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List all sets, your own first."""
    from core.sets.reading import SavedSet

    entries = _catalogue(data_dir).all()
    width = max((len(entry.id) for entry in entries), default=0)
    if as_json:
        records = [
            {"id": e.id, "own": e.own, "name": e.definition.name, "rows": len(e.table.rows)}
            if isinstance(e, SavedSet)
            else asdict(e)
            for e in entries
        ]
        print(json.dumps(records, indent=2, ensure_ascii=False))
        return
    for entry in entries:
        if isinstance(entry, SavedSet):
            rows, name = len(entry.table.rows), entry.definition.name
            print(f"{entry.id:<{width}}  {rows:>5} rows  {name}")
        else:
            print(f"{entry.id:<{width}}  cannot be read: {entry.error}")


@sets.command("preview")
def preview(
    name: Name,
    theme: Theme = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Print the final prompt of every row. Exits with 1 if an error prevents a run."""
    from core.sets.faults import errors

    filled = _catalogue(data_dir).get(name).filled(theme)
    if as_json:
        rows = [asdict(row) for row in filled.rows]
        faults = [asdict(fault) for fault in filled.faults]
        print(json.dumps({"rows": rows, "faults": faults}, indent=2, ensure_ascii=False))
    else:
        for row in filled.rows:
            print(f"{row.key}: {row.prompt}")
        for fault in filled.faults:
            typer.echo(f"{fault.level}: {fault} {fault.fix or ''}".rstrip(), err=True)
    if errors(filled.faults):
        raise typer.Exit(1)


@sets.command("run")
def run_set(
    name: Name,
    theme: Theme = "",
    row: Annotated[list[str] | None, typer.Option(help="Only this row (repeatable).")] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter of every row: name=value (repeatable)."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Draw every row of a set into a folder of its own, and print the folder."""
    params = dict(assignment(text) for text in values or [])

    async def start(studio: AsyncStudio) -> str:
        chosen = {"rows": row} if row else {}
        return await studio.backend.run_set(name, theme, {**params, **chosen})

    follow_batch(start, data_dir)


@sets.command("resume")
def resume_batch(
    batch_id: Annotated[str, typer.Argument(help="ID of a batch.")], data_dir: DataDir = None
) -> None:
    """Go on with a batch that was paused or interrupted, and print its folder."""

    async def resume(studio: AsyncStudio) -> str:
        await studio.backend.resume_batch(batch_id)
        return batch_id

    follow_batch(resume, data_dir)


@sets.command("export")
def export_batch(
    batch_id: Annotated[str, typer.Argument(help="ID of a batch.")],
    file: Annotated[Path, typer.Argument(help="Zip file to write.")],
    variants: Annotated[bool, typer.Option("--variants", help="All images of each row.")] = False,
    metadata: KeepMetadata = True,
    provenance: KeepProvenance = True,
    data_dir: DataDir = None,
) -> None:
    """Write the images of a batch with their snapshots and a manifest to a zip."""
    from core.studio import Studio

    async def export(studio: AsyncStudio) -> None:
        options = ExportOptions(metadata, provenance)
        await studio.backend.batch(batch_id)  # before the file is made: there may be none
        with await asyncio.to_thread(file.open, "xb") as out:
            async for part in studio.backend.batch_archive(batch_id, variants, options):
                await asyncio.to_thread(out.write, part)

    if file.exists():
        raise InvalidInput(f"{file} exists.", field="FILE", fix="Name another file.")
    with Studio(settings_with(data_dir=data_dir)) as studio:
        studio.call(export(studio.asynchronous))
    print(file)


@sets.command("print")
def print_batch(
    batch_id: Annotated[str, typer.Argument(help="ID of a batch.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write; else one in the folder of the batch.")
    ] = None,
    form: Annotated[
        Literal["cards", "contact_sheet", "contact_sheet_pdf"],
        typer.Option("--format", help="A PDF of cards, or a contact sheet as PNG or PDF."),
    ] = "cards",
    row: Annotated[list[str] | None, typer.Option(help="Only this row (repeatable).")] = None,
    paper: Annotated[
        Literal["a4", "letter", "card"] | None, typer.Option(help="card: a page for each card.")
    ] = None,
    card: Annotated[
        Literal["auto", "poker", "tarot", "square", "custom"] | None,
        typer.Option(help="Size of the cut card; auto: that of the overlay."),
    ] = None,
    width_mm: Annotated[float | None, typer.Option(help="Width of a custom card.")] = None,
    height_mm: Annotated[float | None, typer.Option(help="Height of a custom card.")] = None,
    bleed_mm: Annotated[float | None, typer.Option(help="Printed beyond the cut.")] = None,
    crop_marks: Annotated[
        bool | None,
        typer.Option("--crop-marks/--no-crop-marks", help="Lines that show where to cut."),
    ] = None,
    dpi: Annotated[int | None, typer.Option(help="Dots per inch.")] = None,
    back: Annotated[Path | None, typer.Option(help="Image for the back of every card.")] = None,
    flip: Annotated[
        Literal["long_edge", "short_edge"] | None,
        typer.Option(help="Edge of the paper that turns."),
    ] = None,
    columns: Annotated[
        int | None, typer.Option(help="Columns of a contact sheet; 0: as suits.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a batch: cards with bleed and crop marks as a PDF, or a contact sheet.

    An option that is left out is that of the batch's set.
    """
    options = {
        "format": form,
        "rows": row or None,
        "paper": paper,
        "card": card,
        "flip": flip,
        "bleed_mm": bleed_mm,
        "crop_marks": crop_marks,
        "dpi": dpi,
        "columns": columns,
        "width_mm": width_mm,
        "height_mm": height_mm,
    }
    given = {name: value for name, value in options.items() if value is not None}
    print(_printed(batch_id, given, back, out, data_dir))


def _printed(
    batch_id: str,
    options: dict[str, Any],
    back: Path | None,
    out: Path | None,
    data_dir: Path | None,
) -> Path:
    """Print a batch to `out`, else into its folder; return the file."""
    from core.cli.console import Bar
    from core.studio import Studio

    settings = settings_with(data_dir=data_dir)
    if out is not None and out.exists():
        raise InvalidInput(f"{out} exists.", field="--out", fix="Name another file.")
    with Studio(settings) as studio, Bar() as bar:
        if back is not None:
            options["back"] = studio.upload(back)
        backend = studio.asynchronous.backend
        task_id = studio.call(backend.print_batch(batch_id, options))
        [document] = studio.result(task_id, on_change=bar.show).images
        folder = studio.call(backend.batch(batch_id))["folder"]
    if out is not None:
        return document.save(out)
    name = OutputFolder(settings.outputs).save([folder, folder], document.ending, document.png)
    return settings.outputs / name
