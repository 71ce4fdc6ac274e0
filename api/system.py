"""The state of the studio: device, memory, disk, workers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.deps import StatusDep

router = APIRouter(tags=["system"])


@router.get("/system")
async def get_system(status: StatusDep) -> dict[str, Any]:
    """Device, memory, disk, workers, and the failures of the last hour."""
    return await status.system()
