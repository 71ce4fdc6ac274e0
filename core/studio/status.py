"""How the studio is doing: queue, lanes, models, machine. Reads only."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.errors import StudioError
from core.store.blobs import writable
from core.store.clock import timestamp
from core.tasks import listing
from core.tasks.listing import Filter
from core.tasks.states import Status
from core.version import VERSION

if TYPE_CHECKING:
    from core.studio.services import Services

STALE_SECONDS = 120.0


class State:
    """Answers questions about the running services."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def lanes(self) -> list[dict[str, Any]]:
        """The lanes as clients see them."""
        return [
            {
                "name": lane.name,
                "state": lane.state,
                "detail": lane.detail,
                "concurrency": lane.concurrency,
                "pid": lane.pid,
                "restarts": lane.restarts,
            }
            for lane in self._services.executor.lanes().values()
        ]

    async def queue(self) -> dict[str, Any]:
        """Counts, running tasks, lanes, and about how many seconds all of it takes."""
        services = self._services
        running = await services.queue.page(Filter(status=(Status.RUNNING,)), limit=50)
        return {
            "paused": services.dispatcher.paused,
            "counts": await services.queue.counts(),
            "running": [services.present(task) for task in running.items],
            "eta_seconds": await self._eta([task.id for task in running.items]),
            "lanes": self.lanes(),
        }

    async def _eta(self, running: list[str]) -> float | None:
        services = self._services
        waiting = await services.queue.read(listing.waiting_by_operation)
        seconds = 0.0
        for task_id in running:
            seconds += (services.dispatcher.progress(task_id) or {}).get("eta_seconds") or 0.0
        for operation, count in waiting.items():
            typical = services.estimates.typical(operation)
            if typical is None:
                return None
            seconds += typical * count
        return round(seconds, 2)

    def device(self) -> dict[str, Any]:
        """What the device lane computes on."""
        lane = self._services.executor.lanes().get("device")
        return dict(lane.device) if lane and lane.device else {"kind": "cpu", "name": "CPU"}

    async def system(self) -> dict[str, Any]:
        """Device, memory, disk, workers, failures of the last hour, a queue that stands still."""
        import psutil

        services = self._services
        hour_ago = timestamp(datetime.now(UTC) - timedelta(hours=1))
        health = await services.queue.read(lambda c: listing.health(c, hour_ago))
        state = await self.queue()
        memory, disk = psutil.virtual_memory(), shutil.disk_usage(services.settings.data_dir)
        oldest = _age(health["oldest_pending"])
        waiting = state["counts"]["pending"] + state["counts"]["held"]
        stuck = oldest is not None and oldest > STALE_SECONDS
        return {
            "version": VERSION,
            "device": self.device(),
            "memory": {"total_bytes": memory.total, "used_bytes": memory.total - memory.available},
            "disk": {"free_bytes": disk.free, "total_bytes": disk.total},
            "workers": [{"lane": lane.pop("name"), **lane} for lane in self.lanes()],
            "failures_last_hour": health["failures"],
            "queue": {
                "waiting": waiting,
                "oldest_waiting_seconds": oldest,
                "stale": bool(stuck and not state["running"] and not state["paused"]),
                "eta_seconds": state["eta_seconds"],
            },
        }

    async def ready(self) -> dict[str, Any]:
        """Whether a task would start now, check by check."""
        services = self._services
        device = services.executor.lanes().get("device")
        checks: dict[str, Any] = {
            "opened": services.open or services.failure or "still opening",
            "storage": True,
            "worker": device is not None and device.state in ("ready", "busy"),
        }
        try:
            await services.database.check()
            await asyncio.to_thread(writable, services.settings.data_dir)
        except StudioError as error:
            checks["storage"] = error.detail
        return {"ready": all(check is True for check in checks.values()), "checks": checks}


def _age(moment: str | None) -> float | None:
    if moment is None:
        return None
    then = datetime.fromisoformat(moment)
    return round((datetime.now(UTC) - then).total_seconds(), 1)
