"""The queue as a whole."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api import present
from api.deps import QueueDep, StatusDep

router = APIRouter(prefix="/queue", tags=["queue"])


@router.get("")
async def get_queue(status: StatusDep) -> dict[str, Any]:
    """Counts, running tasks, lanes, and an estimate of the remaining seconds."""
    return present.queue(await status.queue())


@router.post("/pause")
async def pause(queue: QueueDep, status: StatusDep) -> dict[str, Any]:
    """Pause: running tasks continue, no task starts. Survives a restart."""
    await queue.set_paused(True)
    return present.queue(await status.queue())


@router.post("/resume")
async def resume(queue: QueueDep, status: StatusDep) -> dict[str, Any]:
    """Resume: tasks start again."""
    await queue.set_paused(False)
    return present.queue(await status.queue())
