"""The executor of local child processes: a worker per device, pools for the other lanes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.settings import Settings
from core.worker.executor import ExecutorReport, LaneReport, LaneState, Listener, State
from core.worker.protocol import Hello, Start
from core.worker.supervisor import Supervisor
from core.worker.worker_settings import WorkerSettings

log = logging.getLogger(__name__)

# The state of a lane is the first of these that any of its workers is in.
_PRECEDENCE: tuple[State, ...] = ("busy", "starting", "ready", "restarting", "failed", "stopped")


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane: its name, the number of its workers, and the index of each worker's device.

    Without `devices` its workers see no accelerator, and start when they are needed.
    """

    name: str
    concurrency: int
    devices: tuple[int, ...] = ()

    @property
    def slots(self) -> tuple[int | None, ...]:
        """The device of each worker."""
        return self.devices or (None,) * self.concurrency


def lanes_of(settings: Settings) -> tuple[Lane, ...]:
    """The lanes of a studio with these settings."""
    return (
        Lane("device", len(settings.devices), settings.devices),
        Lane("cpu", settings.cpu_workers),
        Lane("io", settings.io_workers),
    )


class LocalExecutor:
    """Child processes on this machine, by lane."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker_settings = WorkerSettings.of(settings)
        self._listeners: list[Listener] = []
        self._lanes = {
            lane.name: [self._supervisor(lane.name, device) for device in lane.slots]
            for lane in lanes_of(settings)
        }
        # Summed up at each change: the dispatcher reads them several times for every task.
        self._states = {name: _summary(name, workers) for name, workers in self._lanes.items()}

    def subscribe(self, listener: Listener) -> None:
        """See `Executor`."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Start the workers of devices; the others stay idle until they are needed."""
        for workers in self._lanes.values():
            for worker in workers:
                worker.start(lazy=worker.device is None)

    async def stop(self, grace: float) -> None:
        """See `Executor`."""
        workers = [worker for lane in self._lanes.values() for worker in lane]
        await asyncio.gather(*(worker.stop(grace) for worker in workers))

    def lanes(self) -> Mapping[str, LaneState]:
        """See `Executor`."""
        return self._states

    async def start_idle_worker(self, lane: str) -> None:
        """See `Executor`."""
        for worker in self._lanes.get(lane, []):
            if worker.idle:
                worker.start_idle_worker()
                return

    async def restart(self, lane: str) -> None:
        """See `Executor`."""
        for worker in self._lanes.get(lane, []):
            worker.restart()

    async def run(self, *starts: Start) -> None:
        """See `Executor`."""
        start = starts[0]
        workers = self._lanes.get(start.lane)
        if workers is None:
            raise ValueError(f"there is no lane {start.lane!r}")
        if start.device is not None:
            workers = [worker for worker in workers if worker.device == start.device]
        if not workers:
            raise ValueError(f"the lane {start.lane!r} has no device {start.device}")
        await _next_worker(workers).run(*starts)

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

    def _supervisor(self, lane: str, device: int | None) -> Supervisor:
        return Supervisor(
            Hello(lane=lane, device=device, settings=self._worker_settings),
            report=self._publish,
            changed=lambda: self._lane_changed(lane),
            cancel_grace=self._settings.cancel_grace_seconds,
            hang_seconds=self._settings.hang_seconds,
        )

    def _lane_changed(self, name: str) -> None:
        now = _summary(name, self._lanes[name])
        if self._states[name] != now:
            self._states[name] = now
            self._publish(LaneReport(now))

    def _publish(self, report: ExecutorReport) -> None:
        for listener in self._listeners:
            try:
                listener(report)
            except Exception:
                # Protects the other listeners, and the reader of the worker's messages.
                log.exception("a listener failed on %s", report.type)


def _summary(name: str, workers: list[Supervisor]) -> LaneState:
    leading = min(workers, key=_precedence)
    first = next((worker for worker in workers if worker.greeting), workers[0])
    several = len(workers) > 1
    return LaneState(
        name=name,
        state=leading.state,
        detail=leading.detail,
        concurrency=len(workers),
        free=sum(worker.free for worker in workers),
        idle=_idle(workers),
        pid=next((worker.pid for worker in workers if worker.pid), None),
        restarts=sum(worker.restarts for worker in workers),
        device=device_of(first, several=several),
        memory=first.greeting.memory if first.greeting else None,
        next_device=device_of(_next_worker(workers), several=several),
    )


def _precedence(worker: Supervisor) -> tuple[int, bool]:
    return _PRECEDENCE.index(worker.state), not worker.detail


def _next_worker(workers: Sequence[Supervisor]) -> Supervisor:
    """The worker that takes the next task: a running one before one that must be started first."""
    return min(workers, key=lambda worker: (worker.load, worker.state in ("stopped", "failed")))


def device_of(worker: Supervisor, *, several: bool) -> Mapping[str, Any] | None:
    """The device that a worker reported; of several, with its index."""
    device = dict(worker.greeting.device) if worker.greeting else {}
    if several and worker.device is not None:
        name = device.get("name", "device")
        device |= {"index": worker.device, "name": f"{name} #{worker.device}"}
    return device or None


def _idle(workers: list[Supervisor]) -> int:
    if any(worker.state in ("starting", "restarting") for worker in workers):
        return 0
    return sum(worker.idle for worker in workers)
