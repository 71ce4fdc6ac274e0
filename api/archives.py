"""Downloads of many images as a zip."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import StreamingResponse

from api.bodies import JsonRoute
from api.collections import AssetChoice
from api.image_deps import ArchivesDep
from core.pictures.names import LONGEST_TEMPLATE
from core.store.export_options import ExportOptions

if TYPE_CHECKING:
    from api.document.gallery import ArchiveFile, ArchiveOffer

router = APIRouter(prefix="/assets/archive", tags=["assets"], route_class=JsonRoute)


class ArchiveRequest(AssetChoice):
    """Images for a zip."""

    file_name: str | None = Field(
        None,
        max_length=LONGEST_TEMPLATE,
        description="Folders and name of each image, with fields in braces, as of `save`.",
    )
    licences: bool = Field(True, description="Add `licences.csv`, the licence of each image.")
    metadata: bool = Field(True, description="Keep prompt, settings and workflow in the files.")
    provenance: bool = Field(True, description="Keep source type and C2PA manifest in the files.")


@router.post("")
async def request_archive(archives: ArchivesDep, body: ArchiveRequest) -> ArchiveOffer:
    """Prepare a zip of images and their licences."""
    options = ExportOptions(body.metadata, body.provenance)
    archive = await archives.request(
        body.choice(), body.file_name, licences=body.licences, options=options
    )
    url = f"/api/assets/archive/{archive.token}"
    return {"url": url, "images": len(archive.ids), "bytes": archive.bytes}


@router.get("/{token}")
async def download_archive(
    token: Annotated[str, Path(description="Last part of the address of an archive.")],
    archives: ArchivesDep,
) -> ArchiveFile:
    """The zip, made while it is sent."""
    archive = archives.find(token)
    name = f"images-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(
        archives.stream(archive), media_type="application/zip", headers=headers
    )
