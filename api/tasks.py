"""Tasks: lists, one, its preview, and what can be done to it."""

from __future__ import annotations

import zlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api import present
from api.deps import Cursor, DispatcherDep, Limit, QueueDep, RegistryDep, SubmissionDep, TasksDep
from core.errors import NotFound
from core.tasks.changes import TaskChange
from core.tasks.listing import TaskFilter
from core.tasks.states import Hold, Priority, Status
from core.workflows.restoration import workflow_of_task

router = APIRouter(prefix="/tasks", tags=["tasks"])


class Which(BaseModel):
    """Which tasks. Empty fields do not narrow."""

    model_config = ConfigDict(extra="forbid")

    status: list[Status] = Field(default_factory=list)
    operation: str | None = None
    run_id: str | None = None
    project_id: str | None = None
    labels: dict[str, str] = Field(default_factory=dict, max_length=20)

    def filter(self) -> TaskFilter:
        """As the queue takes it."""
        return TaskFilter(self.status, self.operation, self.run_id, self.project_id, self.labels)


class Change(BaseModel):
    """What can change on a waiting task."""

    model_config = ConfigDict(extra="forbid")

    priority: Priority | None = None
    before: str | None = Field(None, description="The task it shall run before.")
    held: bool | None = None
    params: dict[str, Any] | None = Field(None, description="Parameters to replace.")


@router.get("")
async def list_tasks(
    queue: QueueDep,
    tasks: TasksDep,
    status: Annotated[list[Status] | None, Query()] = None,
    operation: str | None = None,
    run_id: str | None = None,
    project_id: str | None = None,
    label: Annotated[list[str] | None, Query(description="`key:value`", max_length=20)] = None,
    order: Literal["newest", "queue"] = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Tasks, newest first or in the order they will run."""
    labels = {key: value for key, _, value in (text.partition(":") for text in label or [])}
    wanted = TaskFilter(status or [], operation, run_id, project_id, labels)
    page = await queue.page(wanted, limit, cursor, order)
    return {
        "items": [present.task(tasks.present(task)) for task in page.items],
        "next_cursor": page.next_cursor,
        "total": page.total,
    }


@router.post("/cancel")
async def cancel_tasks(queue: QueueDep, which: Which) -> dict[str, int]:
    """Cancel all tasks of a filter that have not ended."""
    return {"cancelled": len(await queue.cancel_all(which.filter()))}


@router.get("/{task_id}")
async def get_task(
    task_id: str,
    queue: QueueDep,
    tasks: TasksDep,
    response: Response,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Any:
    """One task with its snapshot."""
    task = await queue.get(task_id)
    found = present.task(tasks.present(task, whole=True))
    tag = _tag(found)
    if _known(tag, if_none_match):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return found


@router.get("/{task_id}/preview")
async def get_preview(task_id: str, dispatcher: DispatcherDep) -> Response:
    """The newest look at a running task, a small JPEG."""
    data = dispatcher.preview(task_id)
    if data is None:
        raise NotFound("This task has no preview now.")
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get("/{task_id}/workflow")
async def get_workflow(task_id: str, queue: QueueDep, registry: RegistryDep) -> dict[str, Any]:
    """The bricks that would run this task again, wired."""
    return workflow_of_task(await queue.get(task_id), registry).json_data()


@router.post("/{task_id}/cancel")
async def cancel_task(task_id: str, queue: QueueDep, tasks: TasksDep) -> dict[str, Any]:
    """Cancel: at once while it waits, within one step while it runs."""
    return present.task(tasks.present(await queue.cancel(task_id)))


@router.post("/{task_id}/retry")
async def retry_task(task_id: str, queue: QueueDep, tasks: TasksDep) -> dict[str, Any]:
    """Queue a failed or cancelled task anew."""
    return present.task(tasks.present(await queue.retry(task_id)))


@router.patch("/{task_id}")
async def change_task(
    task_id: str,
    queue: QueueDep,
    submission: SubmissionDep,
    tasks: TasksDep,
    change: Annotated[Change, Body()],
) -> dict[str, Any]:
    """Change a waiting task, all or nothing: its parameters, its place, whether it is held."""
    revised = None
    if change.params is not None:
        revised = await submission.revised(task_id, change.params)
    task_change = TaskChange(
        revised=revised,
        priority=change.priority,
        before=change.before,
        hold=Hold.USER if change.held else Hold.NONE,
        lift=Hold.USER if change.held is False else Hold.NONE,
    )
    return present.task(tasks.present(await queue.change(task_id, task_change)))


def _tag(found: dict[str, Any]) -> str:
    """What a task's state is called. Weak: the seconds left change from moment to moment."""
    progress = found["progress"] or {}
    seen = [progress.get(name) for name in ("phase", "image", "step")]
    return f'W/"{found["version"]}-{zlib.crc32(repr(seen).encode()):08x}"'


def _known(tag: str, header: str | None) -> bool:
    """Whether an `If-None-Match` header (RFC 9110) names the tag."""
    names = [name.strip().removeprefix("W/") for name in (header or "").split(",")]
    return names == ["*"] or tag.removeprefix("W/") in names
