"""The executor of local child processes: a worker for the device, pools for the other lanes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from core.settings import Settings
from core.worker.executor import ExecutorReport, LaneReport, LaneState, Listener, State
from core.worker.protocol import Hello, Start
from core.worker.supervisor import Supervisor
from core.worker.worker_settings import WorkerSettings

log = logging.getLogger(__name__)

LAZY_LANES = frozenset({"cpu", "io"})
# The state of a lane is the first of these that any of its workers is in.
_PRECEDENCE: tuple[State, ...] = ("busy", "starting", "ready", "restarting", "failed", "stopped")


class LocalExecutor:
    """Child processes on this machine: one for `device`, pools for `cpu` and `io`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker_settings = WorkerSettings.of(settings)
        self._listeners: list[Listener] = []
        self._lanes = {
            name: [self._supervisor(name) for _ in range(count)]
            for name, count in (
                ("device", 1),
                ("cpu", settings.cpu_workers),
                ("io", settings.io_workers),
            )
        }
        self._published: dict[str, LaneState] = {}

    def subscribe(self, listener: Listener) -> None:
        """See `Executor`."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Start the device worker; those of the other lanes stay idle until they are needed."""
        for name, workers in self._lanes.items():
            for worker in workers:
                worker.start(lazy=name in LAZY_LANES)

    async def stop(self, grace: float) -> None:
        """See `Executor`."""
        workers = [worker for lane in self._lanes.values() for worker in lane]
        await asyncio.gather(*(worker.stop(grace) for worker in workers))

    def lanes(self) -> Mapping[str, LaneState]:
        """See `Executor`."""
        return {name: _summary(name, workers) for name, workers in self._lanes.items()}

    async def start_idle_worker(self, lane: str) -> None:
        """See `Executor`."""
        for worker in self._lanes.get(lane, []):
            if worker.idle:
                worker.start_idle_worker()
                return

    async def run(self, start: Start) -> None:
        """See `Executor`."""
        workers = self._lanes.get(start.lane)
        if workers is None:
            raise ValueError(f"there is no lane {start.lane!r}")
        # A running worker before one that has to be started first.
        chosen = min(
            workers, key=lambda worker: (worker.load, worker.state in ("stopped", "failed"))
        )
        await chosen.run(start)

    async def cancel(self, task_id: str, attempt: int) -> None:
        """See `Executor`."""
        for worker in self._holders(task_id, attempt):
            await worker.cancel(task_id, attempt)

    async def request_yield(self, task_id: str, attempt: int) -> None:
        """See `Executor`."""
        for worker in self._holders(task_id, attempt):
            await worker.request_yield(task_id, attempt)

    def _holders(self, task_id: str, attempt: int) -> list[Supervisor]:
        workers = (worker for lane in self._lanes.values() for worker in lane)
        return [worker for worker in workers if worker.holds((task_id, attempt))]

    def _supervisor(self, lane: str) -> Supervisor:
        return Supervisor(
            Hello(lane=lane, settings=self._worker_settings),
            report=self._publish,
            changed=lambda: self._lane_changed(lane),
            cancel_grace=self._settings.cancel_grace_seconds,
        )

    def _lane_changed(self, name: str) -> None:
        now = _summary(name, self._lanes[name])
        if self._published.get(name) != now:
            self._published[name] = now
            self._publish(LaneReport(now))

    def _publish(self, report: ExecutorReport) -> None:
        for listener in self._listeners:
            try:
                listener(report)
            except Exception:
                # Protects the other listeners, and the reader of the worker's messages.
                log.exception("a listener failed on %s", report.type)


def _summary(name: str, workers: list[Supervisor]) -> LaneState:
    leading = min(workers, key=lambda worker: _PRECEDENCE.index(worker.state))
    greeting = next((worker.greeting for worker in workers if worker.greeting), None)
    return LaneState(
        name=name,
        state=leading.state,
        detail=leading.detail,
        concurrency=len(workers),
        free=sum(worker.free for worker in workers),
        idle=_idle(workers),
        pid=next((worker.pid for worker in workers if worker.pid), None),
        restarts=sum(worker.restarts for worker in workers),
        device=greeting.device if greeting else None,
        memory=greeting.memory if greeting else None,
    )


def _idle(workers: list[Supervisor]) -> int:
    if any(worker.state in ("starting", "restarting") for worker in workers):
        return 0
    return sum(worker.idle for worker in workers)
