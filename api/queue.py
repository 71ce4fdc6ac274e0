"""The queue as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from api import present
from api.deps import QueueDep, StatusDep
from api.routing import DocumentedRoute

if TYPE_CHECKING:
    from api.document.tasks import QueueState

router = APIRouter(prefix="/queue", tags=["queue"], route_class=DocumentedRoute)


@router.get("")
async def get_queue(status: StatusDep) -> QueueState:
    """Counts, running tasks, lanes, and an estimate of the remaining seconds."""
    return present.queue(await status.queue())


@router.post("/pause")
async def pause(queue: QueueDep, status: StatusDep) -> QueueState:
    """Pause: running tasks continue, no task starts. Survives a restart."""
    await queue.set_paused(True)
    return present.queue(await status.queue())


@router.post("/resume")
async def resume(queue: QueueDep, status: StatusDep) -> QueueState:
    """Resume: tasks start again."""
    await queue.set_paused(False)
    return present.queue(await status.queue())
