"""The contract of `Executor`, held by every implementation."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from core.settings import Settings
from core.worker.executor import Executor, ExecutorReport, LaneReport
from core.worker.factory import EXECUTORS, make_executor
from core.worker.protocol import Ending, Finished, Lost, Start, Yielded
from core.worker.testing import ScriptedExecutor

SCRIPTED = "tests.integration.worker.test_executors:AnsweringExecutor"
PATIENCE = 90.0  # seconds


class AnsweringExecutor(ScriptedExecutor):
    """A scripted executor that ends tasks as the operations of the contract do."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, lanes=("device", "cpu", "io"))

    async def run(self, *starts: Start) -> None:
        """Accept a task; `empty` ends at once, any other operation runs until it is stopped."""
        await super().run(*starts)
        for start in starts:
            if start.operation == "empty" and start.about in self._running:
                self.report(Finished(**self.about(start)))

    async def request_yield(self, task_id: str, attempt: int) -> None:
        """Yield a running task."""
        await super().request_yield(task_id, attempt)
        if (task_id, attempt) in self._running:
            self.report(Yielded(task_id=task_id, attempt=attempt, checkpoint_key="a" * 64))


class Bench:
    """An executor and its endings, by task."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.endings: dict[str, list[Ending]] = {}
        self.reports: list[ExecutorReport] = []
        self._news = asyncio.Event()
        executor.subscribe(self._take)

    def _take(self, report: ExecutorReport) -> None:
        self.reports.append(report)
        if isinstance(report, Ending):
            self.endings.setdefault(report.task_id, []).append(report)
        self._news.set()

    async def run(self, task: str, operation: str = "empty", **params: Any) -> None:
        await self.executor.run(
            Start(task_id=task, attempt=1, lane="cpu", operation=operation, params=params)
        )

    async def ending(self, task: str) -> Ending:
        await self.until(lambda: task in self.endings)
        return self.endings[task][0]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()


@pytest.fixture(params=[*EXECUTORS, SCRIPTED])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    settings = Settings(
        data_dir=tmp_path / "data",
        operation_modules="tests.operations.empty,tests.operations.counting",
        cpu_workers=1,
        io_workers=1,
        model_dirs=str(tmp_path / "models"),
        warm=False,
        executor=request.param,
        _env_file=None,
    )
    executor = make_executor(settings)
    yield Bench(executor)
    await executor.stop(0)


async def test_the_lanes_are_there_before_and_after_the_start(bench: Bench) -> None:
    before = bench.executor.lanes()
    await bench.executor.start()
    assert set(bench.executor.lanes()) == set(before) == {"device", "cpu", "io"}
    assert all(name == lane.name for name, lane in before.items())


async def test_every_task_gets_one_ending(bench: Bench) -> None:
    await bench.executor.start()
    for number in range(3):
        await bench.run(f"task {number}", value=number)
    for number in range(3):
        assert isinstance(await bench.ending(f"task {number}"), Finished)
    assert [len(endings) for endings in bench.endings.values()] == [1, 1, 1]


async def test_every_listener_receives_every_ending(bench: Bench) -> None:
    second = Bench(bench.executor)
    await bench.executor.start()
    await bench.run("task")
    assert await second.ending("task") == await bench.ending("task")


async def test_an_unknown_lane_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        await bench.executor.run(
            Start(task_id="task", attempt=1, lane="nowhere", operation="empty", params={})
        )


async def test_requests_about_unknown_tasks_change_nothing(bench: Bench) -> None:
    await bench.executor.start()
    await bench.executor.cancel("nobody", 1)
    await bench.executor.request_yield("nobody", 1)
    await bench.executor.start_idle_worker("nowhere")
    await bench.run("task")
    assert isinstance(await bench.ending("task"), Finished)
    assert set(bench.endings) == {"task"}


async def test_a_requested_yield_ends_a_run_with_a_checkpoint(bench: Bench) -> None:
    await bench.executor.start()
    await bench.run("task", "counting", until=100_000)
    if not isinstance(bench.executor, ScriptedExecutor):
        await bench.until(lambda: any(report.type == "progress" for report in bench.reports))
    await bench.executor.request_yield("task", 1)
    ending = await bench.ending("task")
    assert isinstance(ending, Yielded)
    assert len(ending.checkpoint_key) == 64


async def test_stopping_loses_what_runs_and_what_comes_later(bench: Bench) -> None:
    await bench.executor.start()
    await bench.run("early", "counting", until=100_000)
    await bench.executor.stop(0)
    await bench.run("late")
    assert isinstance(await bench.ending("early"), Lost)
    assert isinstance(await bench.ending("late"), Lost)
    assert all(lane.state == "stopped" for lane in bench.executor.lanes().values())


async def test_changes_of_a_lane_are_reported_under_its_name(bench: Bench) -> None:
    await bench.executor.start()
    await bench.run("task")
    await bench.ending("task")
    lanes = {report.lane.name for report in bench.reports if isinstance(report, LaneReport)}
    assert lanes <= set(bench.executor.lanes())


@pytest.mark.parametrize(
    "name", ["cluster", "core.no_such_module:Executor", "core.worker.testing:Missing", ":"]
)
def test_an_executor_that_is_not_there_is_refused_by_name(tmp_path: Path, name: str) -> None:
    settings = Settings(data_dir=tmp_path, executor=name, _env_file=None)
    with pytest.raises(InvalidInput, match="cannot be loaded") as caught:
        make_executor(settings)
    assert caught.value.field == "QPYT_EXECUTOR"
