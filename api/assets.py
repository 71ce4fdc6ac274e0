"""Assets: upload, list, the file, its thumbnail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, Field
from starlette.responses import FileResponse

from api import present
from api.bodies import JsonRoute
from api.collections import AnnotationChange
from api.deps import AssetId, AssetsDep, IfNoneMatch, RegistryDep
from api.files import asset_file, file_headers, is_current
from api.gallery_filters import DuplicatesQuery, GalleryQuery, PageQuery
from api.image_deps import CurationDep, GalleryDep
from api.uploads import DataUri, file_or, form_file, sent_data_uri
from core.kinds import all_kinds, find

if TYPE_CHECKING:
    from api.document.assets import Asset, AssetFile, Thumbnail
    from api.document.gallery import Days, Duplicates, Facets
    from api.document.marks import Page

router = APIRouter(prefix="/assets", tags=["assets"], route_class=JsonRoute)

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


class AssetPatch(AnnotationChange):
    """Annotations to change. Fields that are not set change nothing."""

    tags: list[str] | None = Field(None, description="All tags; they replace the present ones.")


@router.post(
    "",
    status_code=201,
    openapi_extra={"requestBody": file_or(DataUri.model_json_schema())},
)
async def upload(
    request: Request, assets: AssetsDep, gallery: GalleryDep, kind: UploadKind = "image"
) -> Asset:
    """Upload an image, as a form's `file` or as `{"data": "data:image/png;base64,…"}`."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with form_file(request) as file:
            asset = await assets.upload(file.file, kind=kind, name=file.filename)
    else:
        asset = await assets.upload_data_uri(await sent_data_uri(request), kind=kind)
    item = await gallery.find(asset.id)
    return present.asset(replace(item, asset=asset))


@router.get("")
async def list_assets(gallery: GalleryDep, wanted: Annotated[PageQuery, Query()]) -> Page[Asset]:
    """Assets of a filter: newest first, or in another order."""
    page = await gallery.page(
        wanted.filter(), wanted.sort, wanted.limit, wanted.cursor, wanted.offset
    )
    return {
        "items": [present.asset(item) for item in page.items],
        "next_cursor": page.next_cursor,
        "total": page.total,
    }


@router.get("/facets")
async def read_facets(
    gallery: GalleryDep,
    registry: RegistryDep,
    curation: CurationDep,
    wanted: Annotated[GalleryQuery, Query()],
) -> Facets:
    """Counts of a filter by the values of each property, for the controls of a search."""
    counted = await gallery.facets(wanted.filter())
    return present.facets(counted, gallery, registry, await curation.collections())


@router.get("/days")
async def read_days(gallery: GalleryDep, wanted: Annotated[GalleryQuery, Query()]) -> Days:
    """Counts of a filter by day, newest first: the layout of a gallery grouped by days."""
    days = await gallery.days(wanted.filter())
    return {
        "total": sum(day.count for day in days),
        "days": [{"day": day.name, "count": day.count, "offset": day.offset} for day in days],
    }


@router.get("/duplicates")
async def list_duplicates(
    gallery: GalleryDep, wanted: Annotated[DuplicatesQuery, Query()]
) -> Duplicates:
    """Groups of images that are the same file, or whose perceptual hashes differ little."""
    return present.duplicates(
        await gallery.duplicates(wanted.filter(), wanted.distance, wanted.limit, wanted.cursor)
    )


@router.get("/{asset_id}")
async def get_asset(asset_id: AssetId, assets: AssetsDep, gallery: GalleryDep) -> Asset:
    """One asset, also of the trash; `metadata` holds how it was made, for uploads too."""
    item = await gallery.find(asset_id)
    asset = await assets.with_metadata(item.asset)
    parents, children = await assets.parents_of(asset_id), await assets.children_of(asset_id)
    return present.asset_detail(replace(item, asset=asset), parents, children)


@router.patch("/{asset_id}")
async def annotate_asset(
    asset_id: AssetId, change: AssetPatch, assets: AssetsDep, gallery: GalleryDep
) -> Asset:
    """Change rating, favourite, tags, note or project; fields that are not set stay."""
    await assets.annotate(asset_id, **change.changes())
    return present.asset(await gallery.find(asset_id))


@router.get("/{asset_id}/file")
async def get_file(
    asset_id: AssetId, assets: AssetsDep, if_none_match: IfNoneMatch = None
) -> AssetFile:
    """The file of an asset, also of the trash."""
    return await asset_file(assets, await assets.get(asset_id, deleted=True), if_none_match)


@router.get("/{asset_id}/thumbnail")
async def get_thumbnail(
    asset_id: AssetId, assets: AssetsDep, if_none_match: IfNoneMatch = None
) -> Thumbnail:
    """A WebP of at most 256 pixels a side; an SVG is its own thumbnail."""
    asset = await assets.get(asset_id, deleted=True)
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
    """Move an asset to the trash, from which it can be restored."""
    await assets.delete(asset_id)
