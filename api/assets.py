"""Assets: upload, list, the file, its thumbnail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import FileResponse

from api import present
from api.deps import AssetId, AssetsDep, Cursor, IfNoneMatch
from api.files import asset_file, file_headers, is_current
from api.routing import DocumentedRoute
from api.uploads import file_or, form_file
from core.errors import BadUpload
from core.kinds import all_kinds, find
from core.store.asset_rows import AssetFilter
from core.store.assets import MAX_PER_PAGE

if TYPE_CHECKING:
    from api.document.assets import Asset, AssetFile, Thumbnail
    from api.document.marks import Page

router = APIRouter(prefix="/assets", tags=["assets"], route_class=DocumentedRoute)

UPLOADABLE = tuple(kind.name for kind in all_kinds() if kind.raster)


def _uploadable(kind: str) -> str:
    if kind not in UPLOADABLE:
        raise ValueError(f"one of {', '.join(UPLOADABLE)}")
    return kind


UploadKind = Annotated[
    str,
    AfterValidator(_uploadable),
    Query(description="Kind of the image.", json_schema_extra={"enum": list(UPLOADABLE)}),
]


class DataUri(BaseModel):
    """An image as a data URI."""

    model_config = ConfigDict(extra="forbid")

    data: str = Field(description="`data:image/png;base64,…`, or another type of image.")


@router.post(
    "",
    status_code=201,
    openapi_extra={"requestBody": file_or(DataUri.model_json_schema())},
)
async def upload(request: Request, assets: AssetsDep, kind: UploadKind = "image") -> Asset:
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
    kind: Annotated[str | None, Query(max_length=20, description="Kind of the assets.")] = None,
    task_id: Annotated[
        str | None, Query(max_length=64, description="Task that made the assets.")
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=MAX_PER_PAGE, description="Items of a page, at most.")
    ] = 50,
    cursor: Cursor = None,
) -> Page[Asset]:
    """Assets, newest first."""
    page = await assets.list(AssetFilter(kind, task_id), limit, cursor)
    return {
        "items": [present.asset(asset) for asset in page.items],
        "next_cursor": page.next_cursor,
        "total": page.total,
    }


@router.get("/{asset_id}")
async def get_asset(asset_id: AssetId, assets: AssetsDep) -> Asset:
    """One asset; `metadata` holds how it was made, for uploads too."""
    return present.asset(await assets.described(asset_id))


@router.get("/{asset_id}/file")
async def get_file(
    asset_id: AssetId, assets: AssetsDep, if_none_match: IfNoneMatch = None
) -> AssetFile:
    """The file of an asset."""
    return await asset_file(assets, await assets.get(asset_id), if_none_match)


@router.get("/{asset_id}/thumbnail")
async def get_thumbnail(
    asset_id: AssetId, assets: AssetsDep, if_none_match: IfNoneMatch = None
) -> Thumbnail:
    """A WebP of at most 256 pixels a side; an SVG is its own thumbnail."""
    asset = await assets.get(asset_id)
    kind = find(asset.kind)
    if kind is not None and kind.display == "image" and not kind.raster:
        return await get_file(asset_id, assets, if_none_match)
    path = await assets.thumbnail(asset_id)
    headers = file_headers(f"{asset.key}-thumbnail")
    if is_current(if_none_match, headers):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="image/webp", headers=headers)


@router.delete("/{asset_id}", status_code=204)
async def delete_asset(asset_id: AssetId, assets: AssetsDep) -> None:
    """Delete an asset; its file is removed when no other asset uses it."""
    await assets.delete(asset_id)
