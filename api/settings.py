"""The settings: listed with their sources, and changed in the user's file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import APIRouter, Body

from api.deps import SettingsServiceDep
from api.routing import DocumentedRoute

if TYPE_CHECKING:
    from api.document.settings import SettingList

router = APIRouter(prefix="/settings", tags=["system"], route_class=DocumentedRoute)
Values = Annotated[
    dict[str, Any],
    Body(
        description="Values by name; null removes a value from the user's file.",
        examples=[{"log_level": "debug", "stale_queue_seconds": None}],
    ),
]


@router.get("")
async def list_settings(settings: SettingsServiceDep) -> SettingList:
    """Every setting with its value, its source, its limits and the way to change it."""
    return cast("SettingList", await settings.describe())


@router.patch("")
async def change_settings(values: Values, settings: SettingsServiceDep) -> SettingList:
    """Write settings to the user's file, and apply those that need no restart."""
    return cast("SettingList", await settings.change(values))
