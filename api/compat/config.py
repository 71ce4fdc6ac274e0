"""The configuration: the settings that REST may change, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body

from api.bodies import JsonRoute
from api.deps import SettingsServiceDep
from core.studio.settings_service import SettingsService

if TYPE_CHECKING:
    from api.document.compat import Config

router = APIRouter(prefix="/config", tags=["compat"], route_class=JsonRoute)
Values = Annotated[
    dict[str, Any],
    Body(
        description="Values by name. They are merged: what is not named stays.",
        examples=[{"log_level": "debug"}],
    ),
]


@router.get("")
async def get_config(settings: SettingsServiceDep) -> Config:
    """The settings that REST may change: see `/api/settings` for all."""
    return await _values(settings)


@router.put("")
async def merge_config(values: Values, settings: SettingsServiceDep) -> Config:
    """Change the named settings; the others stay. Unknown and guarded names are refused."""
    current = await _values(settings)
    changes = {
        name: value
        for name, value in values.items()
        if name not in current or current[name] != value
    }
    if changes:
        await settings.change(changes)
    return await _values(settings)


async def _values(settings: SettingsService) -> Config:
    items = (await settings.describe())["items"]
    return {
        item["name"]: item["next_value"]
        for item in items
        if item["editable"] and not item["secret"]
    }
