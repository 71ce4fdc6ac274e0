"""Assets: upload, list, the file, its thumbnail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from starlette.responses import FileResponse, StreamingResponse

from api import present
from api.deps import AssetsDep, Cursor
from api.uploads import file_or, form_file
from core.errors import BadUpload, NotFound
from core.kinds import all_kinds, find, shows_inline
from core.store.asset_rows import AssetFilter
from core.store.blobs import CHUNK

router = APIRouter(prefix="/assets", tags=["assets"])

SANDBOX = "sandbox; default-src 'none'"
FOR_EVER = "private, max-age=31536000, immutable"


UPLOADABLE = tuple(kind.name for kind in all_kinds() if kind.raster)


def _uploadable(kind: str) -> str:
    if kind not in UPLOADABLE:
        raise ValueError(f"one of {', '.join(UPLOADABLE)}")
    return kind


UploadKind = Annotated[
    str, AfterValidator(_uploadable), Query(json_schema_extra={"enum": list(UPLOADABLE)})
]


class DataUri(BaseModel):
    """An image as a data URI."""

    model_config = ConfigDict(extra="forbid")

    data: str


@router.post(
    "",
    status_code=201,
    openapi_extra={"requestBody": file_or(DataUri.model_json_schema())},
)
async def upload(request: Request, assets: AssetsDep, kind: UploadKind = "image") -> dict[str, Any]:
    """Upload an image, as a form's `file` or as `{"data": "data:image/png;base64,…"}`."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with form_file(request) as file:
            asset = await assets.upload(file.file, kind=kind, name=file.filename)
    else:
        try:
            body = DataUri.model_validate_json(await request.body())
        except ValidationError as error:
            raise BadUpload(
                "The body is neither a form with a file nor JSON with a data URI.",
                field="data",
                fix='Send {"data": "data:image/png;base64,…"} or a form with `file`.',
            ) from error
        asset = await assets.upload_data_uri(body.data, kind=kind)
    return present.asset(asset)


@router.get("")
async def list_assets(
    assets: AssetsDep,
    kind: Annotated[str | None, Query(max_length=20)] = None,
    task_id: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Assets, newest first."""
    page = await assets.list(AssetFilter(kind, task_id), limit, cursor)
    return {
        "items": [present.asset(asset) for asset in page.items],
        "next_cursor": page.next_cursor,
        "total": page.total,
    }


@router.get("/{asset_id}")
async def get_asset(asset_id: str, assets: AssetsDep) -> dict[str, Any]:
    """One asset; `metadata` holds how it was made, for uploads too."""
    return present.asset(await assets.described(asset_id))


@router.get("/{asset_id}/file", response_class=FileResponse)
async def get_file(asset_id: str, assets: AssetsDep, request: Request) -> Response:
    """The file of an asset."""
    asset = await assets.get(asset_id)
    if await asyncio.to_thread(assets.blobs.stat, asset.key) is None:
        raise NotFound("The file of this asset is missing.")
    # What may hold script is a download: only as an image on a page, where none runs, is it shown.
    inline, kind = shows_inline(asset.type), find(asset.kind)
    shown = inline or (kind is not None and kind.display == "image")
    media_type = asset.type if shown else "application/octet-stream"
    disposition = "inline" if inline else "attachment"
    name = f"{asset.id}.{_ending(asset.type)}"
    headers = _headers(asset.key)
    if _is_current(request, headers):
        return Response(status_code=304, headers=headers)
    path = assets.blobs.local_path(asset.key)
    if path is None:
        return StreamingResponse(
            _chunks(await asyncio.to_thread(assets.blobs.open, asset.key)),
            media_type=media_type,
            headers={**headers, "Content-Disposition": f'{disposition}; filename="{name}"'},
        )
    return FileResponse(
        path,
        media_type=media_type,
        filename=name,
        content_disposition_type=disposition,
        headers=headers,
    )


@router.get("/{asset_id}/thumbnail", response_class=FileResponse)
async def get_thumbnail(asset_id: str, assets: AssetsDep, request: Request) -> Response:
    """A WebP of at most 256 pixels a side; an SVG is its own thumbnail."""
    asset = await assets.get(asset_id)
    kind = find(asset.kind)
    if kind is not None and kind.display == "image" and not kind.raster:
        return await get_file(asset_id, assets, request)
    path = await assets.thumbnail(asset_id)
    headers = _headers(f"{asset.key}-thumbnail")
    if _is_current(request, headers):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="image/webp", headers=headers)


@router.delete("/{asset_id}", status_code=204)
async def delete_asset(asset_id: str, assets: AssetsDep) -> None:
    """Delete an asset; its file is removed when no other asset uses it."""
    await assets.delete(asset_id)


def _headers(tag: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": SANDBOX,
        "Cache-Control": FOR_EVER,
        "ETag": f'"{tag}"',
    }


def _is_current(request: Request, headers: dict[str, str]) -> bool:
    """True where the client has the file already."""
    tags = request.headers.get("if-none-match", "").split(",")
    return any(tag.strip().removeprefix("W/") in ("*", headers["ETag"]) for tag in tags)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def _ending(media_type: str) -> str:
    return media_type.rpartition("/")[2].partition("+")[0] or "bin"
