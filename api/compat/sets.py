"""The facts of a set under the address of card-set studios."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter

from api.batch_deps import SetsDep
from api.bodies import JsonRoute
from api.sets import SetId
from core.sets.reading import SavedSet

if TYPE_CHECKING:
    from api.document.compat import SetInfo

router = APIRouter(prefix="/sets", tags=["compat"], route_class=JsonRoute)


@router.get("/{name}/info")
async def get_set_info(name: SetId, sets: SetsDep) -> SetInfo:
    """The facts of a set: see `/api/sets/{name}`."""
    return await asyncio.to_thread(lambda: _info(sets.get(name)))


def _info(saved: SavedSet) -> SetInfo:
    definition, filled = saved.definition, saved.filled()
    return {
        "id": saved.id,
        "name": definition.name,
        "description": definition.description,
        "csv_path": definition.csv_path,
        "base_prompt": definition.base_prompt,
        "prompt_template": filled.template,
        "style_suffix": definition.style_suffix,
        "example_theme": definition.example_theme,
        "width": definition.width,
        "height": definition.height,
        "negative_prompt": definition.negative_prompt,
        "loras": [{"name": lora.name, "weight": lora.weight} for lora in definition.loras],
        "columns": list(saved.table.columns),
        "item_count": len(saved.table.rows),
    }
