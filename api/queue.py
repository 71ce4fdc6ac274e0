"""The queue as a whole: its state, its settings, snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, Field

from api import present
from api.bodies import JsonRoute
from api.deps import DeskDep, QueueDep, StatusDep
from core.store.clock import timestamp

if TYPE_CHECKING:
    from api.document.queue import QueueSnapshot, QueueState

WAITING_MAX, ENDED_MAX = 500, 200
router = APIRouter(prefix="/queue", tags=["queue"], route_class=JsonRoute)


class QueuePatch(BaseModel):
    """Settings of the queue. Fields that are not set change nothing."""

    model_config = ConfigDict(extra="forbid")

    paused: bool | None = Field(None, description="True: no task starts.", examples=[False])
    auto_run: bool | None = Field(
        None,
        description="False holds the tasks that are submitted from now on, until their release. "
        "True starts those that are submitted from now on.",
        examples=[True],
    )
    cleared_at: Annotated[str | None, Field(max_length=40, examples=[None])] = Field(
        None,
        description="Finished tasks up to this time are left out of snapshots; null shows all.",
    )


@router.get("")
async def get_queue(status: StatusDep) -> QueueState:
    """Counts, running tasks, lanes, settings, and an estimate of the remaining seconds."""
    return present.queue(await status.queue())


@router.get("/snapshot")
async def get_snapshot(
    desk: DeskDep,
    offset: Annotated[int, Query(ge=0, description="Waiting tasks to skip.")] = 0,
    limit: Annotated[int, Query(ge=0, le=WAITING_MAX, description="Waiting tasks, at most.")] = 50,
    ended: Annotated[int, Query(ge=0, le=ENDED_MAX, description="Ended tasks, at most.")] = 30,
    cancelled: Annotated[bool, Query(description="Cancelled tasks are listed too.")] = False,
) -> QueueSnapshot:
    """The queue at one moment, numbered: a client that applies the events after `event_id` has the
    state of the server."""
    return present.snapshot(await desk.snapshot(offset, limit, ended, cancelled=cancelled))


@router.patch("")
async def change_queue(
    queue: QueueDep, status: StatusDep, change: Annotated[QueuePatch, Body()]
) -> QueueState:
    """Change settings of the queue; they survive a restart."""
    if changes := change.model_dump(exclude_unset=True):
        await queue.configure(**changes)
    return present.queue(await status.queue())


@router.post("/clear")
async def clear_finished(queue: QueueDep, status: StatusDep) -> QueueState:
    """Leave the tasks that have ended out of snapshots. `GET /api/tasks` lists them still, and a
    `PATCH` of `cleared_at` brings them back."""
    await queue.configure(cleared_at=timestamp())
    return present.queue(await status.queue())


@router.post("/pause")
async def pause(queue: QueueDep, status: StatusDep) -> QueueState:
    """Pause: running tasks continue, no task starts. Survives a restart."""
    await queue.configure(paused=True)
    return present.queue(await status.queue())


@router.post("/resume")
async def resume(queue: QueueDep, status: StatusDep) -> QueueState:
    """Resume: tasks start again."""
    await queue.configure(paused=False)
    return present.queue(await status.queue())
