"""Results of transient runs, kept in memory for minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response

from api.deps import TransientsDep
from api.files import SANDBOX
from api.routing import DocumentedRoute

if TYPE_CHECKING:
    from api.document.tasks import TransientFile

router = APIRouter(prefix="/transient", tags=["operations"], route_class=DocumentedRoute)


@router.get("/{result_id}/{place}")
async def get_transient(
    result_id: Annotated[str, Path(description="ID of a transient result.")],
    place: Annotated[int, Path(description="Position of the output, from 0.")],
    transients: TransientsDep,
) -> TransientFile:
    """The file of one output of a transient run."""
    media_type, data = transients.file(result_id, place)
    headers = {"Content-Security-Policy": SANDBOX, "Cache-Control": "no-store"}
    return Response(data, media_type=media_type, headers=headers)
