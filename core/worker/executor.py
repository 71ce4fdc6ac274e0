"""Where tasks run, as the dispatcher sees it; and the executor of local child processes.

The dispatcher hands over jobs and hears reports; it never learns of processes. Other executors
(workers on other machines) implement the same `Executor`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from core.settings import Settings
from core.worker.protocol import Hello, Start, TaskReport
from core.worker.supervisor import State, Supervisor

log = logging.getLogger(__name__)

LAZY_LANES = frozenset({"cpu", "io"})
# Which state speaks for a lane of several workers: the first that any of them is in.
_LOUDEST: tuple[State, ...] = ("busy", "starting", "ready", "restarting", "failed", "stopped")


@dataclass(frozen=True, slots=True)
class Job:
    """A task handed to a lane."""

    lane: str
    start: Start


@dataclass(frozen=True, slots=True)
class LaneState:
    """A lane as it is now. `free`: how many jobs it takes at once now; `pid` of one worker.

    `asleep`: workers that `Executor.start_idle_worker` could start; 0 while one is starting.

    `device` (kind, name) and `memory` (total_bytes, used_bytes) are known once it was ready.
    """

    name: str
    state: State
    detail: str
    concurrency: int
    free: int
    pid: int | None
    restarts: int
    asleep: int = 0
    device: Mapping[str, Any] | None = None
    memory: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class LaneReport:
    """A lane changed."""

    lane: LaneState
    type: Literal["lane"] = "lane"


Report = TaskReport | LaneReport
Listener = Callable[[Report], None]


class Executor(Protocol):
    """Takes jobs and reports on them, on the event loop that started it."""

    def subscribe(self, listener: Listener) -> None:
        """Hear every report from now on; called on the event loop, must not block."""

    async def start(self) -> None:
        """Begin to warm; returns at once."""

    async def stop(self, grace: float) -> None:
        """Let running jobs end within `grace` seconds; what is left is reported as lost."""

    def lanes(self) -> Mapping[str, LaneState]:
        """All lanes by name."""

    async def start_idle_worker(self, lane: str) -> None:
        """Start one sleeping worker of a lane. A job is claimed only when one is up."""

    async def run(self, job: Job) -> None:
        """Take a job: one ending is reported for it. Raises `ValueError` for no such lane."""

    async def cancel(self, task_id: str, attempt: int) -> None:
        """Stop it within one step; a worker that does not obey is killed. Unknown: nothing."""

    async def ask_yield(self, task_id: str, attempt: int) -> None:
        """Ask it for a checkpoint. Unknown: nothing."""


class LocalExecutor:
    """Child processes on this machine: one for `device`, pools for `cpu` and `io`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._listeners: list[Listener] = []
        self._lanes = {
            name: [self._supervisor(name) for _ in range(count)]
            for name, count in (
                ("device", 1),
                ("cpu", settings.cpu_workers),
                ("io", settings.io_workers),
            )
        }
        self._told: dict[str, LaneState] = {}

    def subscribe(self, listener: Listener) -> None:
        """See `Executor`."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Start the device worker; the others sleep until they are roused."""
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
            if worker.asleep:
                worker.start_idle_worker()
                return

    async def run(self, job: Job) -> None:
        """See `Executor`."""
        workers = self._lanes.get(job.lane)
        if workers is None:
            raise ValueError(f"there is no lane {job.lane!r}")
        # A running worker before one that has to be started first.
        chosen = min(
            workers, key=lambda worker: (worker.load, worker.state in ("stopped", "failed"))
        )
        await chosen.run(job.start)

    async def cancel(self, task_id: str, attempt: int) -> None:
        """See `Executor`."""
        for worker in self._holders(task_id, attempt):
            await worker.cancel(task_id, attempt)

    async def ask_yield(self, task_id: str, attempt: int) -> None:
        """See `Executor`."""
        for worker in self._holders(task_id, attempt):
            await worker.ask_yield(task_id, attempt)

    def _holders(self, task_id: str, attempt: int) -> list[Supervisor]:
        workers = (worker for lane in self._lanes.values() for worker in lane)
        return [worker for worker in workers if worker.holds((task_id, attempt))]

    def _supervisor(self, lane: str) -> Supervisor:
        settings = self._settings
        hello = Hello(
            lane=lane,
            data_dir=str(settings.data_dir),
            model_dirs=tuple(str(path) for path in settings.model_places),
            model_words={str(path): word for path, word in settings.model_words.items()},
            operation_modules=settings.operation_modules,
            settings={
                "warm": settings.warm,
                "threads": settings.threads,
                "pool_bytes": settings.pool_bytes,
                "log_level": settings.log_level,
                "presets_dir": str(settings.presets_dir),
                "wildcards_dir": str(settings.own_wildcards),
                "output_dir": str(settings.outputs),
                "offline": settings.offline,
                "unload_seconds": settings.unload_seconds,
            },
        )
        return Supervisor(
            hello,
            report=self._tell,
            changed=lambda: self._lane_changed(lane),
            cancel_grace=settings.cancel_grace_seconds,
        )

    def _lane_changed(self, name: str) -> None:
        now = _summary(name, self._lanes[name])
        if self._told.get(name) != now:
            self._told[name] = now
            self._tell(LaneReport(now))

    def _tell(self, report: Report) -> None:
        for listener in self._listeners:
            try:
                listener(report)
            except Exception:
                # One listener's fault must not cost the others a report, nor the worker its reader.
                log.exception("a listener failed on %s", report.type)


def _summary(name: str, workers: list[Supervisor]) -> LaneState:
    loudest = min(workers, key=lambda worker: _LOUDEST.index(worker.state))
    greeted = next((worker for worker in workers if worker.greeting), workers[0]).greeting
    return LaneState(
        name=name,
        state=loudest.state,
        detail=loudest.detail,
        concurrency=len(workers),
        free=sum(worker.free for worker in workers),
        asleep=_asleep(workers),
        pid=next((worker.pid for worker in workers if worker.pid), None),
        restarts=sum(worker.restarts for worker in workers),
        device=greeted.device if greeted else None,
        memory=greeted.memory if greeted else None,
    )


def _asleep(workers: list[Supervisor]) -> int:
    if any(worker.state in ("starting", "restarting") for worker in workers):
        return 0
    return sum(worker.asleep for worker in workers)
