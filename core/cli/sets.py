"""The commands `sets`: list sets, and preview the prompts of their rows.

They work on the files, so no studio has to run.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.options import AsJson, DataDir, settings_with

if TYPE_CHECKING:
    from core.sets.catalogue import SetCatalogue

sets = typer.Typer(help="List sets and preview their rows.", no_args_is_help=True)


def complete_set(incomplete: str) -> list[str]:
    """IDs of sets that begin with what was typed."""
    return [entry.id for entry in _catalogue(None).all() if entry.id.startswith(incomplete)]


Name = Annotated[str, typer.Argument(help="ID or name of a set.", autocompletion=complete_set)]


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
    theme: Annotated[str, typer.Option(help="Theme of all rows.")] = "",
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
