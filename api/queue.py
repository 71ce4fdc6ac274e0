"""The queue as a whole."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.deps import DispatcherDep, StatusDep

router = APIRouter(prefix="/queue", tags=["queue"])


@router.get("")
async def get_queue(status: StatusDep) -> dict[str, Any]:
    """Counts, what runs, the lanes and about how long it takes."""
    return await status.queue()


@router.post("/pause")
async def pause(dispatcher: DispatcherDep, status: StatusDep) -> dict[str, Any]:
    """Start nothing new; what runs goes on. Survives a restart."""
    await dispatcher.set_paused(True)
    return await status.queue()


@router.post("/resume")
async def resume(dispatcher: DispatcherDep, status: StatusDep) -> dict[str, Any]:
    """Start tasks again."""
    await dispatcher.set_paused(False)
    return await status.queue()
