"""Batches: runs of sets, and the files that they and `save` write."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.bodies import JsonRoute
from api.deps import BatchesDep, Cursor, Limit, SettingsDep
from api.files import SANDBOX
from api.repeats import RequestKeyDep
from core.errors import NotFound
from core.kinds import shows_inline
from core.sets.batch import OVERLAY, Batch, RowTask
from core.sets.batches import BatchRequest

if TYPE_CHECKING:
    from api.document.marks import Page
    from api.document.sets import (
        BatchDetail,
        BatchEntry,
        BatchRow,
        ChangedRows,
        OutputFile,
        StartedBatch,
    )

ROWS_MAX = 10_000
router = APIRouter(tags=["sets"], route_class=JsonRoute)
BatchId = Annotated[str, Path(max_length=64, description="ID of a batch.")]


class BatchBody(BaseModel):
    """A set to run. Any parameter of its operation may be added: it replaces that of the set."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    set_name: str = Field(max_length=200, description="ID or name of the set.", examples=["zodiac"])
    user_theme: str = Field("", max_length=2_000, description="Theme of every row.")
    rows: list[str] = Field(
        default_factory=list, max_length=ROWS_MAX, description="Keys of rows; empty: all."
    )


class RowSelection(BaseModel):
    """Rows of a batch."""

    model_config = ConfigDict(extra="forbid")

    rows: list[str] = Field(
        min_length=1, max_length=ROWS_MAX, description="Keys of rows.", examples=[["leo"]]
    )


@router.post("/generate/batch", status_code=202)
async def run_set(body: BatchBody, batches: BatchesDep, key: RequestKeyDep) -> StartedBatch:
    """Run a set: every row becomes a task, all or none."""
    request = BatchRequest(body.set_name, body.user_theme, body.rows, body.model_extra or {})
    started = await batches.start(request, key)
    return {
        "batch_id": started.batch.id,
        "task_ids": started.task_ids,
        "status_url": f"/api/batches/{started.batch.id}",
    }


@router.get("/batches")
async def list_batches(
    batches: BatchesDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[BatchEntry]:
    """Batches, newest first."""
    page, total = await batches.page(limit, cursor)
    more = page[-1][0].id if len(page) == limit else None
    items = [_entry(batch, states) for batch, states in page]
    return {"items": items, "next_cursor": more, "total": total}


@router.get("/batches/{batch_id}")
async def get_batch(batch_id: BatchId, batches: BatchesDep) -> BatchDetail:
    """One batch with its rows, their states and images."""
    batch = await batches.get(batch_id)
    by_row = await batches.tasks(batch_id)
    states = await batches.states(batch_id)
    items = [_row(key, drawn) for key, drawn in by_row.items()]
    return {
        **_entry(batch, states),
        "unfinished": await batches.unfinished(batch_id),
        "params": dict(batch.params),
        "items": items,
    }


@router.post("/batches/{batch_id}/pause")
async def pause_batch(batch_id: BatchId, batches: BatchesDep) -> ChangedRows:
    """Hold the rows that have not started."""
    return {"changed": await batches.pause(batch_id)}


@router.post("/batches/{batch_id}/resume")
async def resume_batch(batch_id: BatchId, batches: BatchesDep) -> ChangedRows:
    """Let the held rows go on."""
    return {"changed": await batches.resume(batch_id)}


@router.post("/batches/{batch_id}/cancel")
async def cancel_batch(batch_id: BatchId, batches: BatchesDep) -> ChangedRows:
    """Cancel the rows that have not ended."""
    return {"changed": await batches.cancel(batch_id)}


@router.post("/batches/{batch_id}/retry")
async def retry_batch(batch_id: BatchId, batches: BatchesDep) -> ChangedRows:
    """Queue the failed rows again, with the same seeds."""
    return {"changed": await batches.retry(batch_id)}


@router.post("/batches/{batch_id}/redo", status_code=202)
async def redo_rows(batch_id: BatchId, body: RowSelection, batches: BatchesDep) -> StartedBatch:
    """Draw rows once more with new seeds; the former images stay as variants."""
    task_ids = await batches.redo(batch_id, list(dict.fromkeys(body.rows)))
    status_url = f"/api/batches/{batch_id}"
    return {"batch_id": batch_id, "task_ids": task_ids, "status_url": status_url}


@router.get("/outputs/{path:path}")
async def get_output(
    path: Annotated[str, Path(max_length=1_000, description="Path in the output folder.")],
    settings: SettingsDep,
) -> OutputFile:
    """A file of the output folder. What may hold script is a download."""
    file = await asyncio.to_thread(_output, settings.outputs, path)
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    inline, known = shows_inline(media_type), media_type in ("application/json", "text/csv")
    return FileResponse(
        file,
        media_type=media_type if inline or known else "application/octet-stream",
        filename=file.name,
        content_disposition_type="inline" if inline else "attachment",
        headers={"Content-Security-Policy": SANDBOX, "Cache-Control": "private, no-cache"},
    )


def _output(root: FilePath, path: str) -> FilePath:
    """A file below `root`, reached through no link. Raises `NotFound`."""
    missing = NotFound("There is no such file in the output folder.")
    parts = path.split("/")
    if "\0" in path or "\\" in path or any(part.startswith(".") or not part for part in parts):
        raise missing
    file = root.joinpath(*parts)
    try:
        if file.resolve(strict=True) != root.resolve().joinpath(*parts) or not file.is_file():
            raise missing
    except (OSError, ValueError):
        raise missing from None
    return file


def _entry(batch: Batch, states: dict[str, int]) -> BatchEntry:
    return {
        "id": batch.id,
        "set_id": batch.set_id,
        "name": batch.name,
        "theme": batch.theme,
        "seed": batch.seed,
        "folder": batch.folder,
        "created_at": batch.created_at,
        "rows": len(batch.rows),
        "states": states,
    }


def _row(key: str, tasks: list[RowTask]) -> BatchRow:
    cards = [task for task in tasks if task.operation == OVERLAY]
    drawn = [task for task in tasks if task.operation != OVERLAY]
    newest = drawn[-1] if drawn else None
    params: dict[str, Any] = dict(newest.params) if newest else {}
    images = [
        {
            "task_id": task.id,
            "asset_id": output["asset_id"],
            "url": f"/api/assets/{output['asset_id']}/file",
            "thumbnail_url": f"/api/assets/{output['asset_id']}/thumbnail",
        }
        for task in cards or drawn
        for output in task.outputs
        if output.get("asset_id")
    ]
    return cast(
        "BatchRow",
        {
            "key": key,
            "status": newest.status.value if newest else "missing",
            "task_id": newest.id if newest else None,
            "prompt": params.get("prompt", ""),
            "seed": params.get("seed"),
            "images": images,
            "error": newest.error if newest else None,
        },
    )
