"""Batches: runs of sets, and the files that they and `save` write."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Annotated, Any, cast
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api import present
from api.batch_deps import BatchArchivesDep, BatchesDep, BatchPrintsDep, HarmonyDep
from api.bodies import JsonRoute
from api.deps import Cursor, Limit, SettingsDep
from api.files import SANDBOX
from api.repeats import RequestKeyDep
from core.errors import NotFound
from core.kinds import shows_inline
from core.sets.batch import Batch
from core.sets.batch_rows import BatchRow, Variant
from core.sets.batches import BatchRequest
from core.sets.definition import Policy, SetOverlay
from core.sets.printing import PrintOptions
from core.store.export_options import ExportOptions

if TYPE_CHECKING:
    from api.document.gallery import ArchiveFile
    from api.document.marks import Page
    from api.document.sets import (
        BatchAxis,
        BatchDetail,
        BatchEntry,
        BatchImage,
        BatchRowEntry,
        ChangedRows,
        ComparedSubjects,
        DeckHarmony,
        OutputFile,
        StartedBatch,
    )
    from api.document.tasks import Accepted

ROWS_MAX = 10_000
COVER = 8  # thumbnails of a batch in the list
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
    overlay: SetOverlay | bool = Field(
        True, description="The card over each image: false for none, true for that of the set."
    )
    seed_policy: Policy | None = Field(None, description="Rule for the seeds of rows.")


class RowSelection(BaseModel):
    """Rows of a batch."""

    model_config = ConfigDict(extra="forbid")

    rows: list[str] = Field(
        min_length=1, max_length=ROWS_MAX, description="Keys of rows.", examples=[["leo"]]
    )


class ImageChoice(BaseModel):
    """An image of a row."""

    model_config = ConfigDict(extra="forbid")

    asset_id: str | None = Field(
        max_length=64, description="ID of one of its images; null: the newest.", examples=[None]
    )


@router.post("/generate/batch", status_code=202)
async def run_set(body: BatchBody, batches: BatchesDep, key: RequestKeyDep) -> StartedBatch:
    """Run a set: every row becomes a task, all or none."""
    params = body.model_extra or {}
    request = BatchRequest(
        body.set_name, body.user_theme, body.rows, params, body.overlay, body.seed_policy
    )
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
    page, total = await batches.page(limit, cursor, COVER)
    more = page[-1][0].id if len(page) == limit else None
    items = [_entry(batch, states, images) for batch, states, images in page]
    return {"items": items, "next_cursor": more, "total": total}


@router.get("/batches/{batch_id}")
async def get_batch(batch_id: BatchId, batches: BatchesDep) -> BatchDetail:
    """One batch with its rows, their states and images."""
    state = await batches.state(batch_id, COVER)
    batch = state.batch
    return {
        **_entry(batch, state.states, state.covers),
        "unfinished": state.unfinished,
        "params": dict(batch.params),
        "print": dict(batch.print),
        "axes": cast("list[BatchAxis]", list(batch.axes)),
        "items": [_row(row) for row in state.rows],
    }


@router.get("/batches/{batch_id}/archive")
async def download_batch(
    batch_id: BatchId,
    archives: BatchArchivesDep,
    variants: Annotated[bool, Query(description="All images of each row, not the chosen.")] = False,
    metadata: Annotated[bool, Query(description="Keep prompts, settings and workflows.")] = True,
    provenance: Annotated[bool, Query(description="Keep source types and manifests.")] = True,
) -> ArchiveFile:
    """A zip of the images with their snapshots and a manifest, made while it is sent."""
    name = await archives.name(batch_id)
    options = ExportOptions(metadata, provenance)
    content = await archives.stream(batch_id, variants=variants, options=options)
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return StreamingResponse(content, media_type="application/zip", headers=headers)


@router.get("/batches/{batch_id}/harmony")
async def get_harmony(
    batch_id: BatchId,
    harmony: HarmonyDep,
    task_id: Annotated[
        str | None, Query(max_length=64, description="Task of a comparison by a metric network.")
    ] = None,
) -> DeckHarmony:
    """Style likeness and distinct subjects of the images, with the outliers."""
    return cast("DeckHarmony", await harmony.report(batch_id, task_id))


@router.post("/batches/{batch_id}/harmony", status_code=202)
async def compare_subjects(batch_id: BatchId, harmony: HarmonyDep) -> ComparedSubjects:
    """Compare the subjects of the images by a metric network, else by image statistics."""
    comparison = await harmony.start(batch_id)
    task_id = comparison.task.id if comparison.task else None
    return {
        "task_id": task_id,
        "status_url": present.task_url(task_id) if task_id else None,
        "method": comparison.method,
    }


@router.post("/batches/{batch_id}/print", status_code=202)
async def print_batch(batch_id: BatchId, body: PrintOptions, prints: BatchPrintsDep) -> Accepted:
    """Print the chosen images: a PDF of cards for a printer, or a contact sheet."""
    return present.accepted((await prints.start(batch_id, body)).id)


@router.post("/batches/{batch_id}/rows/{key}/choose")
async def choose_image(
    batch_id: BatchId,
    key: Annotated[str, Path(max_length=100, description="Key of the row.")],
    body: ImageChoice,
    batches: BatchesDep,
) -> BatchRowEntry:
    """Choose one of the images of a row, for archives and prints."""
    return _row(await batches.choose(batch_id, key, body.asset_id))


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


def _thumbnail(asset_id: str) -> str:
    return f"/api/assets/{asset_id}/thumbnail"


def _entry(batch: Batch, states: dict[str, int], images: Iterable[str]) -> BatchEntry:
    return {
        "id": batch.id,
        "kind": batch.kind,
        "set_id": batch.set_id,
        "name": batch.name,
        "theme": batch.theme,
        "seed": batch.seed,
        "folder": batch.folder,
        "created_at": batch.created_at,
        "rows": len(batch.rows),
        "states": states,
        "thumbnails": [_thumbnail(image) for image in images],
    }


def _row(row: BatchRow) -> BatchRowEntry:
    newest = row.newest
    params: dict[str, Any] = dict(newest.params) if newest else {}
    return cast(
        "BatchRowEntry",
        {
            "key": row.key,
            "status": newest.status.value if newest else "missing",
            "task_id": newest.id if newest else None,
            "prompt": params.get("prompt", ""),
            "seed": params.get("seed"),
            "params": params,
            "cell": dict(row.cell),
            "images": [_image(variant) for variant in row.variants],
            "chosen": row.chosen.asset_id if row.chosen else None,
            "error": newest.error if newest else None,
        },
    )


def _image(variant: Variant) -> BatchImage:
    return {
        "task_id": variant.task_id,
        "asset_id": variant.asset_id,
        "url": f"/api/assets/{variant.asset_id}/file",
        "thumbnail_url": _thumbnail(variant.asset_id),
        "drawing": variant.drawn_id,
    }
