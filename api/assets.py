"""Assets: upload, list, the file, its thumbnail."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from starlette.responses import FileResponse

from api import present
from api.deps import AssetsDep, Cursor
from api.files import asset_file, file_headers, is_current
from api.uploads import file_or, form_file
from core.errors import BadUpload
from core.kinds import all_kinds, find
from core.store.asset_rows import AssetFilter

router = APIRouter(prefix="/assets", tags=["assets"])

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
    return await asset_file(assets, await assets.get(asset_id), request)


@router.get("/{asset_id}/thumbnail", response_class=FileResponse)
async def get_thumbnail(asset_id: str, assets: AssetsDep, request: Request) -> Response:
    """A WebP of at most 256 pixels a side; an SVG is its own thumbnail."""
    asset = await assets.get(asset_id)
    kind = find(asset.kind)
    if kind is not None and kind.display == "image" and not kind.raster:
        return await get_file(asset_id, assets, request)
    path = await assets.thumbnail(asset_id)
    headers = file_headers(f"{asset.key}-thumbnail")
    if is_current(request, headers):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="image/webp", headers=headers)


@router.delete("/{asset_id}", status_code=204)
async def delete_asset(asset_id: str, assets: AssetsDep) -> None:
    """Delete an asset; its file is removed when no other asset uses it."""
    await assets.delete(asset_id)
