"""The queue as a whole."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.deps import Studio

router = APIRouter(prefix="/queue", tags=["queue"])


@router.get("")
async def get_queue(studio: Studio) -> dict[str, Any]:
    """Counts, what runs, the lanes and about how long it takes."""
    return await studio.state.queue()


@router.post("/pause")
async def pause(studio: Studio) -> dict[str, Any]:
    """Start nothing new; what runs goes on. Survives a restart."""
    await studio.dispatcher.set_paused(True)
    return await studio.state.queue()


@router.post("/resume")
async def resume(studio: Studio) -> dict[str, Any]:
    """Start tasks again."""
    await studio.dispatcher.set_paused(False)
    return await studio.state.queue()
