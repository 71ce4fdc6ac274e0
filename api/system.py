"""The state of the studio: device, memory, disk, workers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Path, Query

from api.deps import AssetsDep, DeskDep, MachineDep, StatusDep
from api.page.version import page_version
from api.routing import DocumentedRoute

if TYPE_CHECKING:
    from api.document.studio import Cleaned, MachineHistory, System

GRACE_SECONDS = 60.0  # the row of a file this young may be about to be written
router = APIRouter(tags=["system"], route_class=DocumentedRoute)


@router.get("/system")
async def get_system(status: StatusDep) -> System:
    """Device, memory, disk, workers, and the failures of the last hour."""
    return cast("System", {**await status.system(), "page": await page_version()})


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


@router.post("/system/workers/{lane}/restart")
async def restart_worker(
    lane: Annotated[str, Path(description="Name of a lane.", examples=["device"])],
    desk: DeskDep,
    status: StatusDep,
) -> System:
    """End the workers of a lane and start them again. A running task is put back and tried again,
    up to its number of attempts."""
    await desk.restart_workers(lane)
    return cast("System", {**await status.system(), "page": await page_version()})


@router.post("/system/clean")
async def clean(assets: AssetsDep) -> Cleaned:
    """Remove files that nothing refers to, and unfinished ones, older than a minute."""
    return cast("Cleaned", asdict(await assets.sweep(grace_seconds=GRACE_SECONDS)))
