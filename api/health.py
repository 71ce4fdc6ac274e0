"""Health, readiness and metrics, for monitors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from api.deps import EventsDep, QueueDep, ReadinessDep, SettingsDep, StatusDep
from api.routing import DocumentedRoute
from core.errors import NotFound
from core.version import VERSION

if TYPE_CHECKING:
    from api.document.studio import Health, Metrics, ReadyOrNot

router = APIRouter(tags=["system"], route_class=DocumentedRoute)
metrics_router = APIRouter(tags=["system"], route_class=DocumentedRoute)


@router.get("/health")
async def health() -> Health:
    """The server answers requests."""
    return {"status": "ok", "version": VERSION}


@router.get("/health/ready")
async def ready(readiness: ReadinessDep, response: Response) -> ReadyOrNot:
    """Ready to start a task; 503 with the reason while it is not."""
    state = await readiness.check()
    response.status_code = 200 if state["ready"] else 503
    return state


@metrics_router.get("/metrics")
async def metrics(
    queue: QueueDep, status: StatusDep, bus: EventsDep, settings: SettingsDep
) -> Metrics:
    """Counts in the text format of Prometheus; 404 where the setting `metrics` is off."""
    if not settings.metrics:
        raise NotFound("Metrics are off.", fix="Turn the setting `metrics` on (QPYT_METRICS=1).")
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
