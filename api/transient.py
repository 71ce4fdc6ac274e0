"""Results of transient runs, kept in memory for minutes."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.deps import TransientsDep
from api.files import SANDBOX

router = APIRouter(prefix="/transient", tags=["operations"])


@router.get("/{result_id}/{place}", response_class=Response)
async def get_transient(result_id: str, place: int, transients: TransientsDep) -> Response:
    """The file of one output of a transient run."""
    media_type, data = transients.file(result_id, place)
    headers = {"Content-Security-Policy": SANDBOX, "Cache-Control": "no-store"}
    return Response(data, media_type=media_type, headers=headers)
