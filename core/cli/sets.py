"""The commands `sets`: list sets, preview the prompts of their rows, run and resume batches.

Lists and previews work on the files, so no studio has to run.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.options import AsJson, DataDir, assignment, settings_with

if TYPE_CHECKING:
    from core.sets.catalogue import SetCatalogue
    from core.studio import AsyncStudio

POLL_SECONDS = 0.3
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

    _follow(start, data_dir)


@sets.command("resume")
def resume_batch(
    batch_id: Annotated[str, typer.Argument(help="ID of a batch.")], data_dir: DataDir = None
) -> None:
    """Go on with a batch that was paused or interrupted, and print its folder."""

    async def resume(studio: AsyncStudio) -> str:
        await studio.backend.resume_batch(batch_id)
        return batch_id

    _follow(resume, data_dir)


def _follow(begin: Callable[[AsyncStudio], Awaitable[str]], data_dir: Path | None) -> None:
    """Show the progress of a batch until it ends. Exits with 1 where a row was not drawn."""
    from core.cli.console import BatchBar
    from core.studio import Studio

    async def follow(studio: AsyncStudio, bar: BatchBar) -> dict[str, Any]:
        batch_id = await begin(studio)
        typer.echo(f"Batch {batch_id}", err=True)
        while (batch := await studio.backend.batch(batch_id))["unfinished"]:
            bar.show(batch)
            await asyncio.sleep(POLL_SECONDS)
        return batch

    settings = settings_with(data_dir=data_dir)
    with Studio(settings) as studio, BatchBar() as bar:
        batch = studio.call(follow(studio.asynchronous, bar))
    print(settings.outputs / batch["folder"])
    others = {name: n for name, n in batch["states"].items() if name != "completed"}
    if others:
        typer.echo(", ".join(f"{n} rows {name}" for name, n in others.items()), err=True)
        raise typer.Exit(1)
