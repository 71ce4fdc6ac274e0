"""History: snapshots compared and restored, replays, days, and quick actions."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, StreamingResponse

from api.bodies import JsonRoute
from api.deps import AssetId, SettingsDep, TaskId, TasksDep
from api.history_deps import (
    ActionsDep,
    ModelFilesDep,
    ReplaysDep,
    RestoringDep,
    SessionLogDep,
    SnapshotsDep,
)
from api.repeats import RequestKeyDep
from api.routing import DocumentedRoute
from api.waiting import Prefer, answer
from core.history.html_log import POLICY
from core.history.restoring import Restored, Seeds
from core.history.zones import Zone, day_of, zone_of

if TYPE_CHECKING:
    from api.document.history import (
        Cleared,
        Comparison,
        HistoryDay,
        LastSuccess,
        LogPage,
        RestoredWorkflow,
        SessionLogDay,
        UndoableAction,
        UndoneAction,
    )
    from api.document.marks import Page
    from api.document.tasks import Submitted

router = APIRouter(tags=["history"], route_class=JsonRoute)
pages = APIRouter(tags=["history"], route_class=DocumentedRoute)
PAGE_HEADERS = {
    "Content-Security-Policy": f"sandbox allow-popups; {POLICY}; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
TimeZone = Annotated[
    str | None,
    Query(
        max_length=80,
        description="IANA name of the time zone; by default that of the settings.",
        examples=["Europe/Berlin"],
    ),
]
Date = Annotated[str, Path(description="Local day.", examples=["2026-01-31"])]
First = Annotated[str, Query(max_length=64, description="ID of the first.")]
Second = Annotated[str, Query(max_length=64, description="ID of the second.")]


class RestoreOptions(BaseModel):
    """Options of a restore."""

    model_config = ConfigDict(extra="forbid")

    seeds: Seeds = Field(
        "same",
        description="`same`: the seed that it ran with. `policy`: as it was chosen, so that a "
        "random seed is drawn anew.",
    )


Options = Annotated[RestoreOptions | None, Body()]


@router.get("/tasks/compare")
async def compare_tasks(snapshots: SnapshotsDep, a: First, b: Second) -> Comparison:
    """Two tasks field by field, and the difference of the pixels of their first images."""
    return cast("Comparison", await snapshots.compare_tasks(a, b))


@router.get("/assets/compare")
async def compare_assets(snapshots: SnapshotsDep, a: First, b: Second) -> Comparison:
    """Two images field by field, by their metadata, and the difference of their pixels."""
    return cast("Comparison", await snapshots.compare_images(a, b))


@router.post("/tasks/{task_id}/restore")
async def restore_task(
    task_id: TaskId, restoring: RestoringDep, body: Options = None
) -> RestoredWorkflow:
    """The workflow of a task in any state, its seed policy, and the models that it lacks."""
    return _restored(await restoring.task(task_id, (body or RestoreOptions()).seeds))


@router.post("/assets/{asset_id}/restore")
async def restore_image(
    asset_id: AssetId, restoring: RestoringDep, files: ModelFilesDep, body: Options = None
) -> RestoredWorkflow:
    """The workflow of an image by its metadata, its seed policy, and the models that it lacks."""
    return _restored(await restoring.image(asset_id, files, (body or RestoreOptions()).seeds))


@router.post("/assets/{asset_id}/replay", status_code=202)
async def replay_image(
    asset_id: AssetId,
    replays: ReplaysDep,
    tasks: TasksDep,
    key: RequestKeyDep,
    prefer: Prefer = None,
) -> Submitted:
    """Run an image again from its snapshot. The output of the task is the report."""
    return await answer(tasks, await replays.start(asset_id, key), prefer)


@router.get("/history")
async def list_days(
    log: SessionLogDep,
    settings: SettingsDep,
    tz: TimeZone = None,
    limit: Annotated[int, Query(ge=1, le=366, description="Days, at most.")] = 60,
    cursor: Annotated[
        str | None, Query(max_length=10, description="`next_cursor` of a page: a day.")
    ] = None,
) -> Page[HistoryDay]:
    """Days with tasks, the newest first, with the numbers of tasks by state."""
    before = day_of(cursor) if cursor else None
    days = await log.days(_zone(tz, settings.time_zone), limit + 1, before)
    more = days[limit - 1].date if len(days) > limit else None
    items = [cast("HistoryDay", day.public()) for day in days[:limit]]
    return {"items": items, "next_cursor": more, "total": len(days)}


@router.get("/history/last-success")
async def last_success(
    restoring: RestoringDep,
    seeds: Annotated[Seeds, Query(description="As in `RestoreOptions`.")] = "same",
) -> LastSuccess:
    """The newest completed task, and its workflow."""
    task_id, restored = await restoring.last_success(seeds)
    return {"task_id": task_id, "restored": _restored(restored)}


@router.get("/history/undo")
async def get_last_action(actions: ActionsDep) -> UndoableAction:
    """The last deletion or cancel, which `POST` undoes."""
    action = await actions.last_action()
    return {"action": cast("Any", action and action.public())}


@router.post("/history/undo")
async def undo_last_action(actions: ActionsDep) -> UndoneAction:
    """Undo the last deletion of images or of a workflow, or the last cancel of tasks."""
    return cast("UndoneAction", (await actions.undo()).public())


@router.post("/history/clear")
async def clear_transient(actions: ActionsDep) -> Cleared:
    """Remove ended tasks without a note, previews and transient results.

    Images, workflows and projects stay.
    """
    return cast("Cleared", (await actions.clear()).public())


@router.get("/history/{date}")
async def get_day(
    date: Date, log: SessionLogDep, settings: SettingsDep, tz: TimeZone = None
) -> SessionLogDay:
    """The session log of a day as JSON, newest first."""
    day, zone = day_of(date), _zone(tz, settings.time_zone)
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(log.json(day, zone), 200, headers, "application/json")


@pages.get("/history")
async def index_page(log: SessionLogDep, settings: SettingsDep, tz: TimeZone = None) -> LogPage:
    """The days with a session log, as a page."""
    name = tz or settings.time_zone
    return HTMLResponse(await log.index(_zone(tz, settings.time_zone), name), 200, PAGE_HEADERS)


@pages.get("/history/{date}")
async def day_page(
    date: Date, log: SessionLogDep, settings: SettingsDep, tz: TimeZone = None
) -> LogPage:
    """The session log of a day, as a page that holds everything and runs no script."""
    html = log.html(day_of(date), _zone(tz, settings.time_zone))
    parts = (part.encode("utf-8", "replace") async for part in html)
    return StreamingResponse(parts, 200, PAGE_HEADERS, "text/html; charset=utf-8")


def _zone(name: str | None, default: str | None) -> Zone:
    return zone_of(name or default)


def _restored(restored: Restored) -> RestoredWorkflow:
    return {
        "workflow": restored.workflow,
        "operation": restored.operation,
        "seed_policy": restored.seed_policy,
        "seed": restored.seed,
        "missing": cast("Any", [asdict(missing) for missing in restored.missing]),
    }
