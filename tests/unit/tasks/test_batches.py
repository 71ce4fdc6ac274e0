"""Tasks that run together: which, in what order, and what becomes of each of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import WorkerLost
from core.tasks.states import Priority, Status
from core.tasks.task import Task
from core.worker.protocol import Cancelled, Computed, Failed, Finished, Lost, Progress, Start
from tests.unit.tasks.bench import Bench, running, until
from tests.unit.tasks.making import make


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    async with running(bench):
        yield bench


def row(pose: int, **values: Any) -> Task:
    params = {"pose": pose, **values.pop("params", {})}
    return make("posing", params=params, **{"priority": Priority.BATCH, **values})


async def add(bench: Bench, *rows: Task) -> list[str]:
    return [task.id for task in await bench.queue.add(rows)]


async def started(bench: Bench, count: int) -> list[Start]:
    """The starts since the beginning of the test, once there are so many."""
    await until(lambda: len(bench.executor.started) >= count)
    return bench.executor.started


async def finish(bench: Bench, start: Start) -> None:
    bench.executor.report(Finished(**bench.executor.about(start)))
    await bench.until(start.task_id, Status.COMPLETED)


async def test_rows_that_differ_in_what_may_vary_run_together_in_their_order(bench: Bench) -> None:
    ids = await add(bench, *map(row, range(6)))
    starts = await started(bench, 4)
    assert [start.task_id for start in starts] == ids[:4]
    assert len({start.batch for start in starts}) == 1
    assert starts[0].batch
    for start in starts:
        await finish(bench, start)
    rest = (await started(bench, 6))[4:]
    assert [start.task_id for start in rest] == ids[4:]
    assert {start.batch for start in rest} != {starts[0].batch}


async def test_no_task_is_overtaken_by_a_batch(bench: Bench) -> None:
    bench.executor.free = 0
    other = {"params": {"style": "ink"}}
    ids = await add(bench, row(1), row(2), row(3, **other), row(4))
    bench.executor.free = 1
    bench.dispatcher.wake()
    assert [start.task_id for start in await started(bench, 2)] == ids[:2]


@pytest.mark.parametrize(
    "values",
    [
        {"priority": Priority.INTERACTIVE},
        {"snapshot": {"items": [{"params": {}, "facts": {}}]}},
        {"snapshot": {"late_texts": ["prompt"]}},
        {"snapshot": {"plans": [{"image": 0, "loras": [{"name": "ink", "weight": 1}]}]}},
        {"params": {"style": "ink"}},
        {"attempt": 1},
    ],
)
async def test_a_task_of_another_kind_runs_alone(bench: Bench, values: dict[str, Any]) -> None:
    bench.executor.free = 0
    await add(bench, row(1), row(2, **values))
    bench.executor.free = 1
    bench.dispatcher.wake()
    start = (await started(bench, 1))[0]
    assert start.batch is None
    await finish(bench, start)
    assert (await started(bench, 2))[1].batch is None


async def test_beside_another_free_worker_every_task_runs_alone(bench: Bench) -> None:
    bench.executor.free = bench.executor.workers = 3  # one is for short tasks
    await add(bench, row(1), row(2))
    assert [start.batch for start in await started(bench, 2)] == [None, None]


async def test_a_device_where_it_is_not_faster_runs_each_task_alone(bench: Bench) -> None:
    bench.executor.devices = ({"kind": "cuda", "name": "GPU"},)
    await add(bench, row(1), row(2))
    assert (await started(bench, 1))[0].batch is None


async def test_a_missing_model_fails_the_task_and_not_the_queue(bench: Bench) -> None:
    params = {"model": "gone", "width": 64, "height": 64, "prompt": "a"}
    await bench.queue.add([make(params=params, priority=Priority.BATCH) for _ in range(2)])
    assert (await started(bench, 1))[0].batch is None


async def test_each_task_of_a_batch_has_its_own_progress_and_ending(bench: Bench) -> None:
    ids = await add(bench, *map(row, range(4)))
    first, second, third, fourth = await started(bench, 4)
    about = bench.executor.about
    bench.executor.report(Progress(**about(first), phase="denoising", step=1, steps=4))
    progress = bench.dispatcher.progress(ids[0])
    assert progress is not None
    assert progress["fraction"] == 0.25
    assert bench.dispatcher.progress(ids[1]) is None
    await bench.queue.cancel(ids[1])
    await until(lambda: bench.executor.cancelled == [ids[1]])
    bench.executor.report(Cancelled(**about(second)))
    bench.executor.report(Failed(**about(third), error={"code": "task_failed", "detail": "No."}))
    for start in (first, fourth):
        bench.executor.report(Computed(**about(start)))
        await finish(bench, start)
    await bench.until(ids[1], Status.CANCELLED)
    await bench.until(ids[2], Status.FAILED)


async def test_the_share_of_a_task_in_the_time_of_its_batch_is_its_run_time(bench: Bench) -> None:
    await add(bench, *map(row, range(4)))
    for start in await started(bench, 4):
        running_task = bench.dispatcher._running[start.task_id]
        running_task._began -= 8000
    first = bench.executor.started[0]
    await finish(bench, first)
    assert 2000 <= (await bench.queue.get(first.task_id)).timings["run_seconds"] < 2100


async def test_after_the_death_of_a_worker_every_task_of_its_batch_runs_alone(bench: Bench) -> None:
    ids = await add(bench, *map(row, range(4)))
    for start in list(await started(bench, 4)):
        bench.executor.report(Lost(**bench.executor.about(start), reason="It was killed."))
    for count in range(5, 9):
        start = (await started(bench, count))[-1]
        assert (start.batch, start.attempt) == (None, 2)
        await finish(bench, start)
    assert sorted(start.task_id for start in bench.executor.started[4:]) == sorted(ids)


async def test_after_the_death_of_a_server_every_task_of_its_batch_runs_alone(
    tmp_path: Path,
) -> None:
    dead, heir = Bench(tmp_path), Bench(tmp_path)
    await dead.dispatcher.start()
    ids = await add(dead, *map(row, range(3)), row(9, params={"style": "ink"}))
    await started(dead, 3)
    for loop in dead.dispatcher._loops:  # it claims nothing more and puts nothing back
        loop.cancel()
    await asyncio.gather(*dead.dispatcher._loops, return_exceptions=True)
    dead.database.close()
    await heir.dispatcher.start()
    for count in range(1, 5):
        start = (await started(heir, count))[-1]
        assert (start.batch, start.attempt) == (None, 1)
        await finish(heir, start)
    assert [start.task_id for start in heir.executor.started] == ids
    await heir.dispatcher.stop()
    heir.database.close()


async def test_a_batch_that_the_executor_refuses_fails_with_all_its_tasks(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*starts: Start) -> None:
        raise WorkerLost("There is no worker.")

    monkeypatch.setattr(bench.executor, "run", refuse)
    for task_id in await add(bench, row(1), row(2)):
        await bench.until(task_id, Status.FAILED)
