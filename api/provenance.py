"""Provenance of images: what a stored asset or a file that is sent claims of its origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import APIRouter, Request

from api.deps import AssetId, AssetsDep
from api.routing import DocumentedRoute
from api.uploads import DataUri, file_or, form_file, sent_data_uri

if TYPE_CHECKING:
    from api.document.provenance import Verification

router = APIRouter(prefix="/assets", tags=["assets"], route_class=DocumentedRoute)


@router.post(
    "/verify",
    openapi_extra={"requestBody": file_or(DataUri.model_json_schema())},
)
async def verify_file(request: Request, assets: AssetsDep) -> Verification:
    """The claims of an image about its origin, checked; nothing is stored. A form's `file`, or
    `{"data": "data:image/png;base64,…"}`."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with form_file(request) as file:
            report = await assets.verify(file.file)
    else:
        report = await assets.verify_data_uri(await sent_data_uri(request))
    return cast("Verification", report)


@router.get("/{asset_id}/provenance")
async def asset_provenance(asset_id: AssetId, assets: AssetsDep) -> Verification:
    """The claims of a stored image about its origin, checked: manifests, source type, metadata."""
    return cast("Verification", await assets.verify_stored(asset_id))
