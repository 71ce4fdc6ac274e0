"""Sets: tables of rows with a template, shipped and the user's own; random themes."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from api.batch_deps import SetsDep
from api.bodies import JsonRoute
from api.deps import SettingsDep
from core.operations.declaration.fields import SEED_MAX
from core.sets.definition import SetDefinition
from core.sets.faults import Fault
from core.sets.form import form_sections
from core.sets.reading import BrokenSet, SavedSet
from core.sets.rows import FilledSet, fill_set, overlay_params
from core.sets.table import FILE_MAX, read_table
from core.sets.themes import random_theme

if TYPE_CHECKING:
    from api.document.marks import Page
    from api.document.sets import (
        PutSet,
        RandomTheme,
        SetDetail,
        SetEntry,
        SetFault,
        SetForm,
        SetPreview,
        SetTable,
    )

router = APIRouter(tags=["sets"], route_class=JsonRoute)
SetId = Annotated[str, Path(max_length=200, description="ID of a set, or its name.")]
OwnSetId = Annotated[str, Path(max_length=200, description="ID of a set: letters, digits, -.")]


class NewSet(SetDefinition):
    """A set to save: its definition and its table."""

    csv_path: str = Field("rows.csv", max_length=300, description="Ignored: the table is `csv`.")
    csv: str = Field(
        max_length=FILE_MAX,
        description="The table as CSV, with a header.",
        examples=["sign,element\nLeo,fire\n"],
    )


@router.get("/sets")
async def list_sets(sets: SetsDep) -> Page[SetEntry]:
    """Every set: the user's own first, then the shipped ones."""
    entries = await asyncio.to_thread(lambda: [_entry(entry) for entry in sets.all()])
    return {"items": entries, "next_cursor": None, "total": len(entries)}


@router.get("/set-form")
async def get_set_form() -> SetForm:
    """The fields of a set's definition, with labels, bounds, defaults and choices."""
    return cast("SetForm", {"sections": form_sections()})


@router.get("/sets/{name}")
async def get_set(name: SetId, sets: SetsDep) -> SetDetail:
    """One set: its definition, and the faults of its table."""
    return await asyncio.to_thread(lambda: _detail(sets.get(name)))


@router.get("/sets/{name}/table")
async def get_set_table(name: SetId, sets: SetsDep) -> SetTable:
    """The table of a set, as CSV in UTF-8."""
    saved = await asyncio.to_thread(sets.get, name)
    text = await asyncio.to_thread(saved.table.csv)
    return Response(text, media_type="text/csv; charset=utf-8")


@router.get("/sets/{name}/preview")
async def preview_set(
    name: SetId,
    sets: SetsDep,
    theme: Annotated[str, Query(max_length=2_000, description="Theme of the user.")] = "",
) -> SetPreview:
    """The final prompt of every row. Nothing runs."""

    def preview() -> SetPreview:
        saved = sets.get(name)
        return _preview(saved.definition, saved.filled(theme), saved.table.columns)

    return await asyncio.to_thread(preview)


@router.post("/sets/preview")
async def preview_new_set(
    body: NewSet,
    theme: Annotated[str, Query(max_length=2_000, description="Theme of the user.")] = "",
) -> SetPreview:
    """The prompts and faults of a set that is not saved yet. Nothing is written."""
    definition = SetDefinition.model_validate(body.model_dump(exclude={"csv"}))

    def preview() -> SetPreview:
        table = read_table(body.csv.encode())
        return _preview(definition, fill_set(definition, table, theme), table.columns)

    return await asyncio.to_thread(preview)


@router.put("/sets/{name}")
async def save_set(name: OwnSetId, body: NewSet, sets: SetsDep, response: Response) -> PutSet:
    """Save a set of the user's own, new or in place of the former one.

    A table with errors is refused; each error has its row and column.
    """
    definition = SetDefinition.model_validate(body.model_dump(exclude={"csv"}))

    def save() -> tuple[bool, SetDetail]:
        new = sets.put(name, definition, body.csv.encode())
        return new, _detail(sets.get(name))

    new, detail = await asyncio.to_thread(save)
    response.status_code = 201 if new else 200
    return detail


@router.delete("/sets/{name}", status_code=204)
async def delete_set(name: OwnSetId, sets: SetsDep) -> Response:
    """Delete a set of the user's own; a shipped one of its name shows again."""
    await asyncio.to_thread(sets.delete, name)
    return Response(status_code=204)


@router.get("/themes/random")
async def get_random_theme(
    settings: SettingsDep,
    seed: Annotated[
        int | None, Query(ge=0, le=SEED_MAX, description="A seed always yields the same theme.")
    ] = None,
) -> RandomTheme:
    """A random theme for a set, from the studio's word lists."""
    chosen = secrets.randbelow(SEED_MAX + 1) if seed is None else seed
    theme = await asyncio.to_thread(random_theme, settings.presets_dir, chosen)
    return {"theme": theme, "seed": chosen}


def _preview(definition: SetDefinition, filled: FilledSet, columns: Iterable[str]) -> SetPreview:
    items = [
        {
            "number": row.number,
            "key": row.key,
            "prompt": row.prompt,
            "params": dict(row.params),
            "card": overlay_params(definition, row),
            "filename": row.filename,
        }
        for row in filled.rows
    ]
    preview = {
        "items": items,
        "total": len(items),
        "columns": list(columns),
        "prompt_template": filled.template,
        "item_name": filled.item_name,
        "faults": _faults(filled.faults),
    }
    return cast("SetPreview", preview)


def _entry(entry: SavedSet | BrokenSet) -> SetEntry:
    if isinstance(entry, BrokenSet):
        return {
            "id": entry.id,
            "name": entry.id,
            "description": "",
            "own": entry.own,
            "rows": 0,
            "columns": [],
            "width": None,
            "height": None,
            "example_theme": "",
            "errors": 1,
            "warnings": 0,
            "unreadable": entry.error,
        }
    levels = Counter(fault.level for fault in entry.filled().faults)
    return {
        "id": entry.id,
        "name": entry.definition.name,
        "description": entry.definition.description,
        "own": entry.own,
        "rows": len(entry.table.rows),
        "columns": list(entry.table.columns),
        "width": entry.definition.width,
        "height": entry.definition.height,
        "example_theme": entry.definition.example_theme,
        "errors": levels["error"],
        "warnings": levels["warning"],
        "unreadable": None,
    }


def _detail(saved: SavedSet) -> SetDetail:
    filled = saved.filled()
    return {
        "id": saved.id,
        "own": saved.own,
        "definition": saved.definition,
        "prompt_template": filled.template,
        "item_name": filled.item_name,
        "columns": list(saved.table.columns),
        "rows": len(saved.table.rows),
        "encoding": saved.table.encoding,
        "faults": _faults(filled.faults),
        "table_url": f"/api/sets/{saved.id}/table",
    }


def _faults(faults: Iterable[Fault]) -> list[SetFault]:
    return [cast("SetFault", asdict(fault)) for fault in faults]
