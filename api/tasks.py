"""Tasks: list, read, preview, cancel, retry, change."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api import present
from api.bodies import JsonRoute
from api.deps import (
    AssetsDep,
    Cursor,
    DispatcherDep,
    IfNoneMatch,
    Limit,
    QueueDep,
    RegistryDep,
    SubmissionDep,
    TaskId,
    TasksDep,
)
from api.files import asset_file, blob_file
from core.errors import NotFound
from core.tasks.changes import TaskChange
from core.tasks.listing import TaskFilter
from core.tasks.states import Hold, Priority, Status
from core.workflows.restoration import workflow_of_task

if TYPE_CHECKING:
    from api.document.assets import AssetFile
    from api.document.marks import Page
    from api.document.tasks import Cancelled, Preview, ReadTask, Task
    from api.document.workflows import WorkflowFile

STATUSES_MAX = 20
router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=JsonRoute)


class TaskSelection(BaseModel):
    """A selection of tasks. Empty fields select all."""

    model_config = ConfigDict(extra="forbid")

    status: list[Status] = Field(
        default_factory=list, max_length=STATUSES_MAX, description="States of the tasks."
    )
    operation: str | None = Field(None, description="Name of their operation.")
    run_id: str | None = Field(None, description="Run of a workflow that they belong to.")
    project_id: str | None = Field(None, description="Project that they belong to.")
    labels: dict[str, str] = Field(
        default_factory=dict, max_length=20, description="Labels that all of them have."
    )

    def filter(self) -> TaskFilter:
        """The filter of the queue."""
        return TaskFilter(self.status, self.operation, self.run_id, self.project_id, self.labels)


class TaskPatch(BaseModel):
    """Changes of a waiting task. Fields that are not set change nothing."""

    model_config = ConfigDict(extra="forbid")

    priority: Priority | None = Field(None, description="0, 10, 20 or 30; lower runs first.")
    before: str | None = Field(None, description="ID of a waiting task; this one moves before it.")
    held: bool | None = Field(None, description="Hold the task, or lift the hold.")
    params: dict[str, Any] | None = Field(None, description="Parameters to replace; others stay.")


@router.get("")
async def list_tasks(
    queue: QueueDep,
    tasks: TasksDep,
    status: Annotated[
        list[Status] | None, Query(max_length=STATUSES_MAX, description="States of the tasks.")
    ] = None,
    operation: Annotated[str | None, Query(description="Name of their operation.")] = None,
    run_id: Annotated[str | None, Query(description="Run of a workflow.")] = None,
    project_id: Annotated[str | None, Query(description="Project of the tasks.")] = None,
    label: Annotated[
        list[str] | None,
        Query(description="Labels as `key:value`.", examples=[["colour:red"]], max_length=20),
    ] = None,
    order: Annotated[
        Literal["newest", "queue"], Query(description="Newest first, or the order of the queue.")
    ] = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Task]:
    """Tasks, newest first or in the order of the queue."""
    labels = {key: value for key, _, value in (text.partition(":") for text in label or [])}
    wanted = TaskFilter(status or [], operation, run_id, project_id, labels)
    page = await queue.page(wanted, limit, cursor, order)
    return {
        "items": [present.task(tasks.present(task)) for task in page.items],
        "next_cursor": page.next_cursor,
        "total": page.total,
    }


@router.post("/cancel")
async def cancel_tasks(queue: QueueDep, selection: TaskSelection) -> Cancelled:
    """Cancel the selected tasks that have not ended."""
    return {"cancelled": len(await queue.cancel_all(selection.filter()))}


@router.get("/{task_id}")
async def get_task(
    task_id: TaskId,
    queue: QueueDep,
    tasks: TasksDep,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> ReadTask:
    """One task with its snapshot."""
    task = await queue.get(task_id)
    data = present.task(tasks.present(task, whole=True))
    tag = _tag(data)
    if _known(tag, if_none_match):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return data


@router.get("/{task_id}/preview")
async def get_preview(task_id: TaskId, dispatcher: DispatcherDep) -> Preview:
    """The newest preview of a running task, a JPEG."""
    data = dispatcher.preview(task_id)
    if data is None:
        raise NotFound("The task has no preview.")
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get("/{task_id}/images/{place}")
async def get_image(
    task_id: TaskId,
    place: Annotated[int, Path(ge=0, le=1000, description="Position of the image, from 0.")],
    dispatcher: DispatcherDep,
    queue: QueueDep,
    assets: AssetsDep,
    if_none_match: IfNoneMatch = None,
) -> AssetFile:
    """An image of a running task that is finished before the others, by its place."""
    output = dispatcher.output(task_id, place)
    if output is not None and output.key is not None:
        return await blob_file(
            assets.blobs,
            output.key,
            if_none_match,
            media_type=output.type or "application/octet-stream",
            name=f"{task_id}-{place}.png",
        )
    # The task may have ended since its client was sent the address.
    asset_id = next(iter((await queue.get(task_id)).outputs[place:]), {}).get("asset_id")
    if asset_id is None:
        raise NotFound("The task has no such image.")
    return await asset_file(assets, await assets.get(asset_id), if_none_match)


@router.get("/{task_id}/workflow")
async def get_workflow(task_id: TaskId, queue: QueueDep, registry: RegistryDep) -> WorkflowFile:
    """The workflow that runs this task again."""
    return workflow_of_task(await queue.get(task_id), registry)


@router.post("/{task_id}/cancel")
async def cancel_task(task_id: TaskId, queue: QueueDep, tasks: TasksDep) -> Task:
    """Cancel a task: at once while it waits, within one step while it runs."""
    return present.task(tasks.present(await queue.cancel(task_id)))


@router.post("/{task_id}/retry")
async def retry_task(task_id: TaskId, queue: QueueDep, tasks: TasksDep) -> Task:
    """Queue a failed or cancelled task again."""
    return present.task(tasks.present(await queue.retry(task_id)))


@router.patch("/{task_id}")
async def change_task(
    task_id: TaskId,
    queue: QueueDep,
    submission: SubmissionDep,
    tasks: TasksDep,
    change: Annotated[TaskPatch, Body()],
) -> Task:
    """Change a waiting task, all or nothing: parameters, place, hold."""
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


def _tag(data: Task) -> str:
    """The ETag of a task. Weak, because the remaining seconds change all the time."""
    progress = data["progress"]
    seen = [progress and progress[name] for name in ("phase", "image", "step")]
    return f'W/"{data["version"]}-{zlib.crc32(repr(seen).encode()):08x}"'


def _known(tag: str, header: str | None) -> bool:
    """True if an `If-None-Match` header (RFC 9110) contains the tag."""
    names = [name.strip().removeprefix("W/") for name in (header or "").split(",")]
    return names == ["*"] or tag.removeprefix("W/") in names
