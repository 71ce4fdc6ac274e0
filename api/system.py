"""How the studio is doing, for people and for monitors; and the models it has."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Response

from api.deps import Studio
from core.version import VERSION

router = APIRouter(tags=["system"])
metrics_router = APIRouter(tags=["system"])


@router.get("/system")
async def get_system(studio: Studio) -> dict[str, Any]:
    """Device, memory, disk, workers, failures of the last hour."""
    return await studio.state.system()


@router.get("/models")
async def list_models(studio: Studio) -> dict[str, Any]:
    """Every model: present with what it can do, its defaults and whether it fits; incomplete with
    what it lacks; missing with the way to get it."""
    items = await asyncio.to_thread(studio.state.models)
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.get("/loras")
async def list_loras(studio: Studio) -> dict[str, Any]:
    """The LoRAs on this machine: layout, rank, what each fits, or why it is refused."""
    items = await asyncio.to_thread(studio.state.loras)
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.get("/health")
async def health() -> dict[str, str]:
    """The server answers."""
    return {"status": "ok", "version": VERSION}


@router.get("/health/ready", responses={503: {"description": "Not yet, and why."}})
async def ready(studio: Studio, response: Response) -> dict[str, Any]:
    """Whether a task would start now; 503 with the reason while it would not."""
    found = await studio.state.ready()
    response.status_code = 200 if found["ready"] else 503
    return found


@metrics_router.get("/metrics", include_in_schema=False)
async def metrics(studio: Studio) -> Response:
    """Counts in the text form that Prometheus reads."""
    counts = await studio.queue.counts()
    lines = ["# TYPE qpyt_tasks gauge"]
    lines += [f'qpyt_tasks{{status="{status}"}} {count}' for status, count in counts.items()]
    lines.append("# TYPE qpyt_worker_restarts_total counter")
    lines += [
        f'qpyt_worker_restarts_total{{lane="{lane["name"]}"}} {lane["restarts"]}'
        for lane in studio.state.lanes()
    ]
    lines += ["# TYPE qpyt_event_clients gauge", f"qpyt_event_clients {studio.bus.subscribers}"]
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
