"""Imports of existing images: uploads, and folders of the server."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, BinaryIO

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import FormData, UploadFile

from api.bodies import JsonRoute
from api.deps import AssetsDep, SettingsDep
from api.image_deps import ImportsDep
from core.errors import BadUpload, InvalidInput
from core.gallery.sources import Source, in_folder
from core.store.decoding.scratch import ScratchFile
from core.store.named_folders import allowed_folder

if TYPE_CHECKING:
    from api.document.gallery import ImportState

MAX_FILES = 1000
FORM = {
    "type": "object",
    "properties": {
        "file": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": "Images and zips of images.",
        },
        "dates": {
            "type": "string",
            "description": "JSON list of the dates of the files, ISO 8601; null where unknown.",
        },
        "collection": {"type": "string", "description": "ID of a collection for the images."},
    },
    "required": ["file"],
}


class FolderImport(BaseModel):
    """A folder of images on the server."""

    model_config = ConfigDict(extra="forbid")

    folder: str = Field(
        min_length=1,
        max_length=4096,
        description="Path of the folder, in or below one of `QPYT_IMPORT_DIRS`.",
    )
    collection: str | None = Field(None, description="ID of a collection for the images.")


router = APIRouter(tags=["assets"], route_class=JsonRoute)
ImportId = Annotated[str, Path(description="ID of an import.")]


@router.post(
    "/assets/import",
    status_code=202,
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}
    },
)
async def import_images(request: Request, assets: AssetsDep, imports: ImportsDep) -> ImportState:
    """Import images with their metadata and dates; the work goes on in the background."""
    async with request.form(max_files=MAX_FILES, max_fields=8, max_part_size=1 << 20) as form:
        files = [file for file in form.getlist("file") if isinstance(file, UploadFile)]
        if not files:
            raise BadUpload("The form has no file.", field="file", fix="Send images as `file`.")
        dates = _dates(form, len(files))
        sources = []
        for file, date in zip(files, dates, strict=True):
            kept = await assets.keep(file.file)
            sources.append(Source(file.filename or "", date, partial(_open, kept)))
        collection = form.get("collection")
    chosen = collection if isinstance(collection, str) and collection else None
    return imports.start(sources, chosen).public()  # type: ignore[return-value]


@router.post("/assets/import/folder", status_code=202)
async def import_folder(
    body: FolderImport, settings: SettingsDep, imports: ImportsDep
) -> ImportState:
    """Import the images below a folder of the server with their metadata and dates."""
    folder = await asyncio.to_thread(
        allowed_folder,
        body.folder,
        settings.import_dirs,
        field="folder",
        command="main.py gallery import",
    )
    sources = await asyncio.to_thread(in_folder, folder)
    return imports.start(sources, body.collection).public()  # type: ignore[return-value]


@router.get("/assets/imports/{import_id}")
async def read_import(import_id: ImportId, imports: ImportsDep) -> ImportState:
    """The state of an import."""
    return imports.find(import_id).public()  # type: ignore[return-value]


@router.post("/assets/imports/{import_id}/cancel")
async def cancel_import(import_id: ImportId, imports: ImportsDep) -> ImportState:
    """Stop an import; its images so far stay."""
    return (await imports.cancel(import_id)).public()  # type: ignore[return-value]


def _open(kept: ScratchFile) -> BinaryIO:
    return kept.path.open("rb")


def _dates(form: FormData, count: int) -> list[datetime | None]:
    text = form.get("dates")
    if not isinstance(text, str) or not text:
        return [None] * count
    try:
        dates = [None if item is None else _moment(item) for item in json.loads(text)]
    except (ValueError, TypeError, OverflowError):
        dates = []
    if len(dates) != count:
        raise InvalidInput(
            f"`dates` is no list of {count} dates.",
            field="dates",
            fix='Send JSON such as ["2026-01-31T12:00:00Z", null], one for each file.',
        )
    return dates


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
