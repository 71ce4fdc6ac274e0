"""Jobs: tasks under the names of card-set studios."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import APIRouter

from api.bodies import JsonRoute
from api.deps import QueueDep, TaskId
from core.errors import Conflict
from core.tasks.listing import TaskFilter
from core.tasks.states import WAITING, Status
from core.tasks.task import Task

if TYPE_CHECKING:
    from api.document.compat import Job, JobList

HISTORY = 50  # ended jobs of the list
router = APIRouter(prefix="/jobs", tags=["compat"], route_class=JsonRoute)


@router.get("")
async def list_jobs(queue: QueueDep) -> JobList:
    """The running job, those that wait, and the newest that have ended."""
    running = await queue.page(TaskFilter([Status.RUNNING]), 1)
    waiting = await queue.page(TaskFilter(list(WAITING)), 500, None, "queue")
    others = [Status.COMPLETED, Status.FAILED, Status.CANCELLED]
    ended = await queue.page(TaskFilter(others), HISTORY)
    return {
        "current": next((_job(task) for task in running.items), None),
        "queue": [_job(task) for task in waiting.items],
        "history": [_job(task) for task in ended.items],
    }


@router.get("/{task_id}")
async def get_job(task_id: TaskId, queue: QueueDep) -> Job:
    """One job: see `/api/tasks/{task_id}`."""
    return _job(await queue.get(task_id))


@router.delete("/{task_id}")
async def delete_job(task_id: TaskId, queue: QueueDep) -> Job:
    """Cancel a job that waits; one that runs or has ended is refused (409)."""
    task = await queue.get(task_id)
    if task.status not in WAITING:
        state = "runs" if task.status is Status.RUNNING else "has ended"
        fix = f"`POST /api/tasks/{task.id}/cancel` stops a running task."
        raise Conflict(f"The job {state}.", fix=fix)
    return _job(await queue.cancel(task_id))


def _job(task: Task) -> Job:
    waits = task.status in WAITING
    job = {
        "id": task.id,
        "status": "queued" if waits else task.status.value,
        "operation": task.operation,
        "prompt": str(task.params.get("prompt") or ""),
        "params": dict(task.params),
        "batch_id": task.labels.get("batch"),
        "submitted_at": task.created_at,
        "started_at": task.started_at,
        "completed_at": task.finished_at,
        "error": task.error.get("detail") if task.error else None,
        "images": [
            f"/api/assets/{output['asset_id']}/file"
            for output in task.outputs
            if output.get("asset_id")
        ],
    }
    return cast("Job", job)
