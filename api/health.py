"""Health, readiness and metrics, for monitors."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.deps import EventsDep, QueueDep, ReadinessDep, StatusDep
from core.version import VERSION

router = APIRouter(tags=["system"])
metrics_router = APIRouter(tags=["system"])


@router.get("/health")
async def health() -> dict[str, str]:
    """The server answers requests."""
    return {"status": "ok", "version": VERSION}


@router.get(
    "/health/ready", responses={503: {"description": "Not ready; `checks` has the reason."}}
)
async def ready(readiness: ReadinessDep, response: Response) -> dict[str, Any]:
    """Ready to start a task; 503 with the reason while it is not."""
    state = await readiness.check()
    response.status_code = 200 if state["ready"] else 503
    return state


@metrics_router.get("/metrics", include_in_schema=False)
async def metrics(queue: QueueDep, status: StatusDep, bus: EventsDep) -> Response:
    """Counts in the text format of Prometheus."""
    counts = await queue.counts()
    lines = ["# TYPE qpyt_tasks gauge"]
    lines += [f'qpyt_tasks{{status="{name}"}} {count}' for name, count in counts.items()]
    lines.append("# TYPE qpyt_worker_restarts_total counter")
    lines += [
        f'qpyt_worker_restarts_total{{lane="{lane["name"]}"}} {lane["restarts"]}'
        for lane in status.lanes()
    ]
    lines += ["# TYPE qpyt_event_clients gauge", f"qpyt_event_clients {bus.subscribers}"]
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
