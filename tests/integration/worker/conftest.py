"""An executor with real children, and everything that it reported."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from core.settings import Settings
from core.store.blobs import LocalBlobs
from core.worker.executor import ExecutorReport
from core.worker.local_executor import LocalExecutor
from core.worker.protocol import (
    Cancelled,
    Failed,
    Finished,
    InputAsset,
    Lost,
    Start,
    Yielded,
)

OPERATIONS = ",".join(
    f"tests.operations.{name}" for name in ("empty", "counting", "crash", "together")
)
ENDINGS = (Finished, Failed, Cancelled, Yielded, Lost)
PATIENCE = 90.0  # seconds; a hang fails, a slow machine does not
R = TypeVar("R")


class Bench:
    """Submits jobs to an executor and waits for its reports."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.executor = LocalExecutor(settings)
        self.store = LocalBlobs(settings.data_dir / "assets")
        self.reports: list[ExecutorReport] = []
        self._news = asyncio.Event()
        self.executor.subscribe(self._receive)

    def _receive(self, report: ExecutorReport) -> None:
        self.reports.append(report)
        self._news.set()

    async def give(
        self,
        operation: str,
        *,
        lane: str = "cpu",
        device: int | None = None,
        task: str = "task",
        attempt: int = 1,
        inputs: dict[str, InputAsset] | None = None,
        checkpoint: str | None = None,
        **params: Any,
    ) -> None:
        """Submit a job without waiting for it."""
        start = Start(
            task_id=task,
            attempt=attempt,
            lane=lane,
            device=device,
            operation=operation,
            params=params,
            inputs=inputs or {},
            snapshot={"operation": operation, "params": params},
            checkpoint_key=checkpoint,
        )
        await self.executor.run(start)

    async def run(
        self, operation: str, *, task: str = "task", attempt: int = 1, **more: Any
    ) -> Any:
        """Submit a job and wait for its ending."""
        await self.give(operation, task=task, attempt=attempt, **more)
        return await self.ending(task, attempt)

    async def ending(self, task: str = "task", attempt: int = 1) -> Any:
        """The ending of an attempt, once it is reported."""
        return await self.until(lambda: self.endings(task, attempt)[-1:])

    def endings(self, task: str = "task", attempt: int = 1) -> list[Any]:
        """All reported endings of an attempt; more than one is a bug."""
        return [
            report
            for report in self.reports
            if isinstance(report, ENDINGS) and report.about == (task, attempt)
        ]

    async def heard(self, kind: type[R], task: str = "task", **fields: Any) -> R:
        """The first report of a kind about a task with these fields."""

        def matching() -> list[R]:
            return [
                report
                for report in self.reports
                if isinstance(report, kind)
                and getattr(report, "task_id", None) == task
                and all(getattr(report, name) == value for name, value in fields.items())
            ][:1]

        return await self.until(matching)

    async def lane_is(self, lane: str, *states: str) -> Any:
        """Wait until a lane is in one of these states."""

        def matching() -> list[Any]:
            state = self.executor.lanes()[lane]
            return [state] if state.state in states else []

        return await self.until(matching)

    async def until(self, search: Callable[[], list[Any]]) -> Any:
        """The first result of `search` once it has one."""
        async with asyncio.timeout(PATIENCE):
            while not (hits := search()):
                self._news.clear()
                await self._news.wait()
        return hits[0]


Open = Callable[..., Awaitable[Bench]]


@pytest.fixture
async def open_bench(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens benches with these settings; each is stopped at the end.

    Workers of the `eager` lanes start at once; the device lane, which imports much, only there.
    """
    opened: list[Bench] = []

    async def open_one(eager: tuple[str, ...] = (), **changes: Any) -> Bench:
        values: dict[str, Any] = {
            "data_dir": tmp_path / "data",
            "operation_modules": OPERATIONS,
            "cpu_workers": 1,
            "io_workers": 1,
            "warm": False,
            "cancel_grace_seconds": 30.0,
            "_env_file": None,
        } | changes
        bench = Bench(Settings(**values))
        opened.append(bench)
        for lane in {"cpu", "io", *eager}:
            for worker in bench.executor._lanes[lane]:
                worker.start(lazy=lane not in eager)
        return bench

    yield open_one
    for bench in opened:
        await bench.executor.stop(0)


@pytest.fixture
async def bench(open_bench: Open) -> Bench:
    """A bench whose cpu and io lanes live; its device lane does not."""
    return await open_bench()


@pytest.fixture
async def device_bench(open_bench: Open) -> Bench:
    """A bench whose device lane warms."""
    return await open_bench(eager=("device",))
