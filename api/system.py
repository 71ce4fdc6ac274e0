"""The state of the studio: device, memory, disk, workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import APIRouter

from api.deps import StatusDep
from api.routing import DocumentedRoute

if TYPE_CHECKING:
    from api.document.studio import System

router = APIRouter(tags=["system"], route_class=DocumentedRoute)


@router.get("/system")
async def get_system(status: StatusDep) -> System:
    """Device, memory, disk, workers, and the failures of the last hour."""
    return cast("System", await status.system())
