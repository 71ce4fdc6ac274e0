"""Tasks that run together in one worker: each ends by itself, and none is lost or done twice."""

import os
import signal
from typing import Any

from core.worker.protocol import Cancelled, Failed, Finished, Lost, Progress, Start, Stored

LONG = {"until": 100_000, "pause": 0.01}


def starts(*params: dict[str, Any], batch: str = "a") -> list[Start]:
    return [
        Start(
            task_id=f"{batch}{number}",
            attempt=1,
            lane="cpu",
            operation="together",
            params=values,
            snapshot={"operation": "together", "params": values},
            batch=batch,
        )
        for number, values in enumerate(params)
    ]


async def ends(bench: Any, starts: list[Start]) -> list[Any]:
    return [await bench.ending(start.task_id) for start in starts]


def company(ending: Finished) -> list[Any]:
    return [output.value for output in ending.outputs if output.port == "company"]


async def test_every_task_of_a_batch_ends_with_its_own_result(bench: Any) -> None:
    batch = starts({"colour": 10}, {"colour": 20}, {"colour": 30})
    await bench.executor.run(*batch)
    endings = await ends(bench, batch)
    assert [type(ending) for ending in endings] == [Finished] * 3
    assert [company(ending)[-1] for ending in endings] == [3, 3, 3]
    assert [ending.facts["batched"] for ending in endings] == [3, 3, 3]
    assert len({ending.outputs[-2].key for ending in endings}) == 3
    for start in batch:
        assert len(bench.endings(start.task_id)) == 1
        assert (await bench.heard(Progress, start.task_id)).phase == "counting"
    assert bench.executor.lanes()["cpu"].free == 1


async def test_a_cancelled_task_leaves_its_batch_which_goes_on(bench: Any) -> None:
    batch = starts(*[{"until": 200, "pause": 0.01}] * 3)
    await bench.executor.run(*batch)
    await bench.heard(Progress, "a1")
    await bench.executor.cancel("a1", 1)
    assert isinstance(await bench.ending("a1"), Cancelled)
    assert not bench.endings("a0")
    assert not bench.endings("a2")
    first, _, last = await ends(bench, batch)
    assert [type(first), type(last)] == [Finished, Finished]
    assert len(bench.endings("a1")) == 1
    assert not [r for r in bench.reports if isinstance(r, Stored) and r.task_id == "a1"]


async def test_a_batch_ends_within_a_step_once_all_its_tasks_are_cancelled(bench: Any) -> None:
    batch = starts(LONG, LONG)
    await bench.executor.run(*batch)
    await bench.heard(Progress, "a1")
    pid = bench.executor.lanes()["cpu"].pid
    for start in batch:
        await bench.executor.cancel(start.task_id, 1)
    assert [type(ending) for ending in await ends(bench, batch)] == [Cancelled] * 2
    assert isinstance(await bench.run("empty", task="next"), Finished)
    assert bench.executor.lanes()["cpu"].pid == pid


async def test_where_a_batch_fails_each_of_its_tasks_runs_alone_in_its_order(bench: Any) -> None:
    batch = starts({}, {"fault": "error"}, {"fault": "alone"})
    await bench.executor.run(*batch)
    first, second, third = await ends(bench, batch)
    assert [company(first), company(second)] == [[1], [1]]
    assert isinstance(third, Failed)
    assert third.error["detail"] == "RuntimeError: it never works"
    order = [report.task_id for report in bench.reports if isinstance(report, Progress)]
    assert order == ["a0", "a1"], "the third fails before it reports"


async def test_a_batch_that_ran_out_of_memory_is_not_tried_again(bench: Any) -> None:
    batch = starts({"fault": "memory"}, {})
    await bench.executor.run(*batch)
    assert [company(ending) for ending in await ends(bench, batch)] == [[1], [1]]
    again = starts({}, {}, batch="b")
    await bench.executor.run(*again)
    assert [company(ending) for ending in await ends(bench, again)] == [[1], [1]]
    more = starts({}, {}, {}, batch="c")  # of another size, so it has not been tried
    await bench.executor.run(*more)
    assert [company(ending)[-1] for ending in await ends(bench, more)] == [3, 3, 3]


async def test_a_task_that_is_cancelled_while_its_batch_falls_apart_is_cancelled(
    bench: Any,
) -> None:
    batch = starts({"fault": "error", **LONG}, LONG, LONG)
    await bench.executor.run(*batch)
    await bench.heard(Progress, "a0")  # alone: in the batch it fails before it reports
    await bench.executor.cancel("a2", 1)
    assert isinstance(await bench.ending("a2"), Cancelled)
    assert not bench.endings("a0")
    for task in ("a1", "a0"):
        await bench.executor.cancel(task, 1)
        assert isinstance(await bench.ending(task), Cancelled)


async def test_a_killed_worker_loses_every_task_of_its_batch_once(bench: Any) -> None:
    batch = starts(LONG, LONG)
    await bench.executor.run(*batch)
    await bench.heard(Progress, "a1")
    os.kill(bench.executor.lanes()["cpu"].pid, signal.SIGKILL)
    assert [type(ending) for ending in await ends(bench, batch)] == [Lost] * 2
    assert isinstance(await bench.run("empty", task="next"), Finished)


async def test_a_text_that_is_no_unicode_fails_its_task_and_not_the_batch(bench: Any) -> None:
    batch = starts({}, {})
    batch[1] = batch[1].model_copy(update={"params": {"colour": "\ud800"}})
    await bench.executor.run(*batch)
    first, second = await ends(bench, batch)
    assert company(first) == [1]
    assert isinstance(second, Failed)
