"""Tasks: list, read, preview, cancel, retry, release, repeat, change."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api import present
from api.bodies import JsonRoute
from api.deps import (
    AssetsDep,
    Cursor,
    DeskDep,
    DispatcherDep,
    IfNoneMatch,
    Limit,
    QueueDep,
    RegistryDep,
    SettingsDep,
    TaskId,
    TasksDep,
)
from api.files import asset_file, blob_file
from core.errors import NotFound
from core.history.zones import day_of, zone_of
from core.tasks.changes import MAX_NOTE_LENGTH, TaskChange, task_change
from core.tasks.listing import TaskFilter
from core.tasks.ordering import End
from core.tasks.repetition import REPEATS_MAX, SeedRule
from core.tasks.states import Hold, Priority, Status
from core.workflows.restoration import workflow_of_task

if TYPE_CHECKING:
    from api.document.assets import AssetFile
    from api.document.marks import Page
    from api.document.queue import Released, Repeated, Retried
    from api.document.tasks import Cancelled, Preview, ReadTask, Task
    from api.document.workflows import WorkflowFile

STATUSES_MAX, IDS_MAX, TEXT_MAX = 20, 500, 200
IfMatch = Annotated[
    str | None,
    Header(description="ETag of the state that the change is made for: 409 for another version."),
]
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
    ids: list[str] = Field(
        default_factory=list, max_length=IDS_MAX, description="IDs of the tasks.", examples=[[]]
    )
    model: str | None = Field(None, description="ID of their model.", examples=[None])
    text: str = Field(
        "",
        max_length=TEXT_MAX,
        description="Words in parameters, note, error or operation.",
        examples=[""],
    )

    def filter(self) -> TaskFilter:
        """The filter of the queue."""
        return TaskFilter(**self.model_dump())


class Repetition(BaseModel):
    """A repetition of a task."""

    model_config = ConfigDict(extra="forbid")

    times: int = Field(1, ge=1, le=REPEATS_MAX, description="Number of new tasks.")
    seed: SeedRule = Field(
        "new",
        description="`new` draws a seed for each; `next` continues after the last image, so that "
        "none is made twice; `same` keeps the seed.",
    )
    params: dict[str, Any] = Field(
        default_factory=dict, description="Parameters to replace; others stay.", examples=[{}]
    )


class TaskPatch(BaseModel):
    """Changes of a task. Fields that are not set change nothing; all but `note` need a task that
    waits."""

    model_config = ConfigDict(extra="forbid")

    priority: Priority | None = Field(None, description="0, 10, 20 or 30; lower runs first.")
    before: str | None = Field(None, description="ID of a waiting task; this one moves before it.")
    after: str | None = Field(
        None, description="ID of a waiting task; this one moves after it.", examples=[None]
    )
    end: End | None = Field(
        None, description="Moves to the top or the bottom of its priority band.", examples=[None]
    )
    version: int | None = Field(
        None,
        description="Version that the change is made for, as in `If-Match`: 409 where the task "
        "has another.",
        examples=[None],
    )
    held: bool | None = Field(None, description="Hold the task, or lift the hold.")
    params: dict[str, Any] | None = Field(None, description="Parameters to replace; others stay.")
    note: str | None = Field(
        None, max_length=MAX_NOTE_LENGTH, description="A note; empty text removes it."
    )

    @model_validator(mode="after")
    def _one_place(self) -> TaskPatch:
        if sum(place is not None for place in (self.before, self.after, self.end)) > 1:
            raise ValueError("give one of before, after and end")
        return self


@router.get("")
async def list_tasks(
    queue: QueueDep,
    tasks: TasksDep,
    settings: SettingsDep,
    status: Annotated[
        list[Status] | None, Query(max_length=STATUSES_MAX, description="States of the tasks.")
    ] = None,
    operation: Annotated[str | None, Query(description="Name of their operation.")] = None,
    run_id: Annotated[str | None, Query(description="Run of a workflow.")] = None,
    project_id: Annotated[str | None, Query(description="Project of the tasks.")] = None,
    ids: Annotated[
        list[str] | None, Query(alias="id", max_length=100, description="IDs of the tasks.")
    ] = None,
    model: Annotated[str | None, Query(description="ID of their model.")] = None,
    text: Annotated[
        str,
        Query(max_length=TEXT_MAX, description="Words in parameters, note, error or operation."),
    ] = "",
    label: Annotated[
        list[str] | None,
        Query(description="Labels as `key:value`.", examples=[["colour:red"]], max_length=20),
    ] = None,
    date: Annotated[
        str | None,
        Query(max_length=10, description="Local day of submission.", examples=["2026-01-31"]),
    ] = None,
    tz: Annotated[
        str | None, Query(max_length=80, description="Time zone of `date`, an IANA name.")
    ] = None,
    order: Annotated[
        Literal["newest", "queue"], Query(description="Newest first, or the order of the queue.")
    ] = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Task]:
    """Tasks, newest first or in the order of the queue."""
    labels = {key: value for key, _, value in (text.partition(":") for text in label or [])}
    since, until = _span(date, tz or settings.time_zone) if date else (None, None)
    wanted = TaskFilter(
        status or [],
        operation,
        run_id,
        project_id,
        labels,
        ids=ids or [],
        model=model,
        text=text,
        since=since,
        until=until,
    )
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


@router.post("/release")
async def release_tasks(queue: QueueDep, selection: TaskSelection) -> Released:
    """Release the selected tasks that the user or the queue's `auto_run` holds."""
    return {"released": len(await queue.lift_holds(selection.filter()))}


@router.post("/retry")
async def retry_tasks(queue: QueueDep, selection: TaskSelection) -> Retried:
    """Queue the selected tasks that failed again, with the same seeds."""
    return {"retried": len(await queue.retry_all(selection.filter()))}


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


@router.post("/{task_id}/release")
async def release_task(task_id: TaskId, desk: DeskDep, tasks: TasksDep) -> Task:
    """Release a task that the user or the queue's `auto_run` holds."""
    return present.task(tasks.present(await desk.change(task_id, TaskChange(lift=Hold.USER))))


@router.post("/{task_id}/repeat", status_code=202)
async def repeat_task(
    task_id: TaskId, desk: DeskDep, repetition: Annotated[Repetition, Body()]
) -> Repeated:
    """Queue a task again as new tasks, with other seeds or the same."""
    repeated = await desk.repeat(task_id, **repetition.model_dump())
    return {"task_ids": [task.id for task in repeated]}


@router.patch("/{task_id}")
async def change_task(
    task_id: TaskId,
    desk: DeskDep,
    tasks: TasksDep,
    change: Annotated[TaskPatch, Body()],
    if_match: IfMatch = None,
) -> Task:
    """Change a task, all or nothing: its note; while it waits, parameters, place, hold."""
    fields = change.model_dump(exclude={"params"})
    if change.version is None:
        fields["version"] = _version(if_match)
    return present.task(
        tasks.present(await desk.change(task_id, task_change(fields), change.params))
    )


def _version(if_match: str | None) -> int | None:
    """The version in an `If-Match` header: the first number of the task's ETag."""
    if if_match is None or if_match.strip() == "*":
        return None
    number = if_match.strip().removeprefix("W/").strip('"').partition("-")[0]
    return int(number) if number.isascii() and number.isdigit() else -1


def _span(date: str, zone: str | None) -> tuple[str, str]:
    """The times between which a day lies."""
    return zone_of(zone).span(day_of(date))


def _tag(data: Task) -> str:
    """The ETag of a task. Weak, because the remaining seconds change all the time."""
    progress = data["progress"]
    seen = [progress and progress[name] for name in ("phase", "image", "step")]
    return f'W/"{data["version"]}-{zlib.crc32(repr(seen).encode()):08x}"'


def _known(tag: str, header: str | None) -> bool:
    """True if an `If-None-Match` header (RFC 9110) contains the tag."""
    names = [name.strip().removeprefix("W/") for name in (header or "").split(",")]
    return names == ["*"] or tag.removeprefix("W/") in names
