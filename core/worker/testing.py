"""An executor for tests: accepts tasks, records every call, and reports only what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from core.settings import Settings
from core.worker.executor import ExecutorReport, LaneState, Listener
from core.worker.protocol import Computed, Ending, JobKey, Lost, Start

DEVICE = {"kind": "cpu", "name": "CPU, 2 cores"}


class ScriptedExecutor:
    """An `Executor` without processes.

    A test may set `workers`, `free`, `idle` and `devices`, which hold for every lane. A task takes
    one free worker, as those of a batch do together; the ending gives it back. `started` holds
    every accepted task, `cancelled` and `yields` the ids of the requests, `woken` the lanes of
    started idle workers, `restarted` those of restarted ones.
    """

    def __init__(
        self, settings: Settings | None = None, *, lanes: Sequence[str] = ("device",)
    ) -> None:
        """`settings` are accepted for `make_executor` and not used."""
        self.workers = 1
        self.free = 1
        self.idle = 0
        self.devices: tuple[Mapping[str, Any], ...] = (DEVICE,)
        self.started: list[Start] = []
        self.cancelled: list[str] = []
        self.yields: list[str] = []
        self.woken: list[str] = []
        self.restarted: list[str] = []
        self._lanes = tuple(lanes)
        self._running: set[JobKey] = set()
        self._computing: dict[JobKey, Start] = {}
        self._stopped = False
        self._listeners: list[Listener] = []
        self._changed = asyncio.Event()

    def subscribe(self, listener: Listener) -> None:
        """See `Executor`."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """See `Executor`."""

    async def stop(self, grace: float) -> None:
        """See `Executor`."""
        self._stopped = True
        for task_id, attempt in list(self._running):
            self.report(Lost(task_id=task_id, attempt=attempt, reason="The executor stopped."))

    def lanes(self) -> Mapping[str, LaneState]:
        """See `Executor`."""
        return {
            name: LaneState(
                name=name,
                state="stopped" if self._stopped else "ready",
                detail="",
                concurrency=self.workers,
                free=self.free,
                pid=None,
                restarts=0,
                idle=self.idle,
                device=self.devices[0],
                next_device=self._next_device(),
            )
            for name in self._lanes
        }

    async def start_idle_worker(self, lane: str) -> None:
        """See `Executor`."""
        self.idle, self.free = 0, 1
        self.woken.append(lane)

    async def restart(self, lane: str) -> None:
        """See `Executor`. Only records the request: the test reports the lost tasks."""
        self.restarted.append(lane)

    async def run(self, *starts: Start) -> None:
        """See `Executor`."""
        for start in starts:
            if start.lane not in self._lanes:
                raise ValueError(f"there is no lane {start.lane!r}")
            self.started.append(start)
            self._running.add(start.about)
            self._computing[start.about] = start
        self.free -= 1
        self._changed.set()
        if self._stopped:
            for start in starts:
                self.report(Lost(**self.about(start), reason="The executor stopped."))

    async def cancel(self, task_id: str, attempt: int) -> None:
        """See `Executor`. Only records the request: the test reports the ending."""
        self.cancelled.append(task_id)

    async def request_yield(self, task_id: str, attempt: int) -> None:
        """See `Executor`. Only records the request: the test reports the ending."""
        self.yields.append(task_id)
        self._changed.set()

    def _next_device(self) -> Mapping[str, Any]:
        taken = {start.device for start in self._computing.values()}
        free = (device for device in self.devices if device.get("index") not in taken)
        return next(free, self.devices[0])

    # The test's side.

    def report(self, report: ExecutorReport) -> None:
        """Send a report to every listener, as a worker would."""
        if isinstance(report, Computed | Ending) and report.about in self._computing:
            batch = self._computing.pop(report.about).batch
            others = {start.batch for start in self._computing.values()}
            self.free += batch is None or batch not in others
        if isinstance(report, Ending):
            self._running.discard(report.about)
        for listener in self._listeners:
            listener(report)

    async def next_start(self, seconds: float = 10.0) -> Start:
        """Wait for the next accepted task or request; returns the newest task."""
        await asyncio.wait_for(self._changed.wait(), seconds)
        self._changed.clear()
        return self.started[-1]

    @staticmethod
    def about(start: Start) -> dict[str, Any]:
        """The fields that every report about a task carries."""
        return {"task_id": start.task_id, "attempt": start.attempt}
