"""The state of the queue, the workers and the machine. Reads only."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from core.settings import Settings
from core.store.clock import timestamp
from core.store.faults import existing_folder
from core.studio.health import alerts
from core.studio.task_service import TaskService
from core.tasks import listing
from core.tasks.dispatcher import Dispatcher
from core.tasks.estimate import Estimates
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.states import Status
from core.version import VERSION
from core.worker.executor import Executor


class StudioStatus:
    """The state of the queue, the workers and the machine."""

    def __init__(
        self,
        settings: Settings,
        queue: Queue,
        dispatcher: Dispatcher,
        executor: Executor,
        estimates: Estimates,
        tasks: TaskService,
    ) -> None:
        self._settings = settings
        self._queue = queue
        self._dispatcher = dispatcher
        self._executor = executor
        self._estimates = estimates
        self._tasks = tasks

    def lanes(self) -> list[dict[str, Any]]:
        """The lanes and their workers, for clients."""
        return [
            {
                "name": lane.name,
                "state": lane.state,
                "detail": lane.detail,
                "concurrency": lane.concurrency,
                "pid": lane.pid,
                "restarts": lane.restarts,
            }
            for lane in self._executor.lanes().values()
        ]

    async def queue(self) -> dict[str, Any]:
        """Counts, running tasks, lanes, and an estimate of the seconds until the queue is empty."""
        running = await self._queue.page(TaskFilter(status=(Status.RUNNING,)), limit=50)
        return {
            **asdict(await self._queue.settings()),
            "counts": await self._queue.counts(),
            "running": [self._tasks.present(task) for task in running.items],
            "eta_seconds": await self._eta([task.id for task in running.items]),
            "lanes": self.lanes(),
        }

    async def _eta(self, running: list[str]) -> float | None:
        waiting = await self._queue.read(listing.waiting_by_operation)
        seconds = 0.0
        for task_id in running:
            seconds += (self._dispatcher.progress(task_id) or {}).get("eta_seconds") or 0.0
        for operation, count in waiting.items():
            typical = self._estimates.typical(operation)
            if typical is None:
                return None
            seconds += typical * count
        return round(seconds, 2)

    def device(self) -> dict[str, Any]:
        """The device that the device lane computes on."""
        lane = self._executor.lanes().get("device")
        return dict(lane.device) if lane and lane.device else {"kind": "cpu", "name": "CPU"}

    async def system(self) -> dict[str, Any]:
        """Device, memory, disk, workers, failures of the last hour, and a stale queue."""
        import psutil

        hour_ago = timestamp(datetime.now(UTC) - timedelta(hours=1))
        health = await self._queue.read(lambda c: listing.health(c, hour_ago))
        state = await self.queue()
        folder = existing_folder(self._settings.data_dir)
        memory, disk = psutil.virtual_memory(), shutil.disk_usage(folder)
        oldest = _age(health["oldest_pending"])
        waiting = state["counts"]["pending"] + state["counts"]["held"]
        stuck = oldest is not None and oldest > self._settings.stale_queue_seconds
        answer = {
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
        return {**answer, "alerts": alerts(answer, state, self._settings)}


def _age(moment: str | None) -> float | None:
    if moment is None:
        return None
    then = datetime.fromisoformat(moment)
    return round((datetime.now(UTC) - then).total_seconds(), 1)
