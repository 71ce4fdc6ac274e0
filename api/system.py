"""The state of the studio: device, memory, disk, workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Query

from api.deps import MachineDep, StatusDep
from api.routing import DocumentedRoute

if TYPE_CHECKING:
    from api.document.studio import MachineHistory, System

router = APIRouter(tags=["system"], route_class=DocumentedRoute)


@router.get("/system")
async def get_system(status: StatusDep) -> System:
    """Device, memory, disk, workers, and the failures of the last hour."""
    return cast("System", await status.system())


@router.get("/system/history")
async def get_history(
    machine: MachineDep,
    hours: Annotated[
        float, Query(gt=0, le=720, allow_inf_nan=False, description="Length of the history.")
    ] = 1,
    points: Annotated[int, Query(ge=2, le=1000, description="Number of intervals.")] = 240,
) -> MachineHistory:
    """Processor, memory, disk and GPUs over the last hours, and the tasks that ended in them."""
    return cast("MachineHistory", await machine.history(hours, points))
