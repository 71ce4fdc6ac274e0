"""The dispatcher on a real queue and an executor that does what the test says."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import StorageFull
from core.tasks.changes import TaskChange
from core.tasks.listing import TaskFilter
from core.tasks.notifier import Topic
from core.tasks.states import Hold, Priority, Status
from core.tasks.task import Task
from core.worker.executor import LaneReport
from core.worker.protocol import (
    Cancelled,
    Computed,
    Failed,
    Finished,
    Lost,
    Metric,
    Output,
    Progress,
    Stored,
    Yielded,
)
from core.worker.testing import DEVICE
from tests.unit.tasks.bench import Bench, running, until
from tests.unit.tasks.making import add


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    async with running(bench):
        yield bench


def picture(index: int = 0) -> Output:
    return Output(port="image", index=index, kind="image", key="a" * 64, type="image/png", seed=7)


async def test_a_result_becomes_assets_and_a_completed_task(bench: Bench) -> None:
    task = await add(bench.queue)
    start = await bench.executor.next_start()
    bench.executor.report(Finished(**bench.executor.about(start), outputs=(picture(),)))
    done = await bench.until(task.id, Status.COMPLETED)
    assert done.outputs[0]["asset_id"]
    assert done.outputs[0]["seed"] == 7
    assert done.snapshot["task"] == task.id
    assert done.owner is None
    assert done.device == "CPU, 2 cores"
    assert done.snapshot["hardware"] == DEVICE


async def test_a_cancelled_task_keeps_the_images_that_are_stored(bench: Bench) -> None:
    task = await add(bench.queue)
    start = await bench.executor.next_start()
    bench.executor.report(Stored(**bench.executor.about(start), output=picture(0)))
    bench.executor.report(Stored(**bench.executor.about(start), output=picture(1)))
    await bench.queue.cancel(task.id)
    bench.executor.report(Cancelled(**bench.executor.about(start)))
    cancelled = await bench.until(task.id, Status.CANCELLED)
    assert [output["index"] for output in cancelled.outputs] == [0, 1]
    assert all(output["asset_id"] for output in cancelled.outputs)
    assert (await bench.queue.retry(task.id)).outputs == []


async def test_the_next_task_starts_while_the_last_one_is_still_stored(bench: Bench) -> None:
    await add(bench.queue)
    second = await add(bench.queue)
    first = await bench.executor.next_start()
    bench.executor.report(Computed(**bench.executor.about(first)))
    assert (await bench.executor.next_start()).task_id == second.id
    assert (await bench.queue.get(first.task_id)).status is Status.RUNNING


async def test_a_late_report_of_a_lost_attempt_changes_nothing(bench: Bench) -> None:
    task = await add(bench.queue)
    old = await bench.executor.next_start()
    bench.executor.report(Lost(**bench.executor.about(old), reason="killed by SIGKILL"))
    new = await bench.executor.next_start()
    assert new.attempt == old.attempt + 1
    late = {"code": "task_failed", "detail": "late"}
    bench.executor.report(Failed(**bench.executor.about(old), error=late))
    bench.executor.report(Finished(**bench.executor.about(new)))
    assert (await bench.until(task.id, Status.COMPLETED)).error is None


async def test_a_task_that_loses_its_worker_twice_fails(bench: Bench) -> None:
    task = await add(bench.queue)
    for _ in range(2):
        start = await bench.executor.next_start()
        bench.executor.report(Lost(**bench.executor.about(start), reason="killed by SIGKILL"))
    assert "SIGKILL" in str((await bench.until(task.id, Status.FAILED)).error)


async def test_a_failure_in_the_worker_is_a_failed_task(bench: Bench) -> None:
    task = await add(bench.queue)
    start = await bench.executor.next_start()
    bench.executor.report(
        Failed(**bench.executor.about(start), error={"code": "out_of_memory", "detail": "x"})
    )
    failed = await bench.until(task.id, Status.FAILED)
    assert failed.error is not None
    assert failed.error["code"] == "out_of_memory"


async def test_cancelling_a_running_task_reaches_the_worker(bench: Bench) -> None:
    task = await add(bench.queue)
    start = await bench.executor.next_start()
    task = await bench.queue.cancel(task.id)
    assert task.cancel_requested
    await until(lambda: bench.executor.cancelled == [task.id])
    bench.executor.report(Cancelled(**bench.executor.about(start)))
    await bench.until(task.id, Status.CANCELLED)


@pytest.mark.parametrize(
    ("topic", "requests"), [(Topic.CANCEL, "cancelled"), (Topic.HOLD, "yields")]
)
@pytest.mark.parametrize("waits", [False, True])
async def test_a_cancel_or_a_hold_between_claim_and_start_reaches_the_worker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, waits: bool, topic: Topic, requests: str
) -> None:
    def stop_once_claimed(task: Task) -> None:
        if task.status is Status.RUNNING:
            bench.notifier.publish(topic, task.id)

    monkeypatch.setattr(bench.queue, "_listener", stop_once_claimed)
    await bench.queue.configure(paused=waits)
    task = await add(bench.queue)
    await bench.queue.configure(paused=False)
    await bench.executor.next_start()
    await until(lambda: getattr(bench.executor, requests) == [task.id])


async def test_an_idle_worker_is_started_before_anything_is_claimed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.executor.free, bench.executor.idle = 0, 1
    await bench.dispatcher.start()
    await asyncio.sleep(0.05)
    assert bench.executor.woken == [], "nothing waits, so no worker is started"
    task = await add(bench.queue)
    await until(lambda: bool(bench.executor.woken))
    assert (await bench.queue.get(task.id)).attempt == 0
    bench.executor.report(LaneReport(bench.executor.lanes()["device"]))
    assert (await bench.executor.next_start()).task_id == task.id
    await bench.dispatcher.stop()
    bench.database.close()


async def test_cancel_all_counts_running_and_waiting_tasks(bench: Bench) -> None:
    await add(bench.queue)
    await bench.executor.next_start()
    await add(bench.queue)
    assert len(await bench.queue.cancel_all(TaskFilter())) == 2


async def test_nothing_starts_while_the_queue_is_paused(bench: Bench) -> None:
    await bench.queue.configure(paused=True)
    task = await add(bench.queue)
    await asyncio.sleep(0.05)
    assert bench.executor.started == []
    await bench.queue.configure(paused=False)
    assert (await bench.executor.next_start()).task_id == task.id


async def test_a_background_task_yields_and_continues_from_its_checkpoint(bench: Bench) -> None:
    long = await add(bench.queue, priority=Priority.TRAINING)
    start = await bench.executor.next_start()
    quick = await add(bench.queue)
    await bench.executor.next_start()
    assert bench.executor.yields == [long.id]
    bench.executor.report(Yielded(**bench.executor.about(start), checkpoint_key="c" * 64))
    between = await bench.executor.next_start()
    assert between.task_id == quick.id
    bench.executor.report(Finished(**bench.executor.about(between)))
    again = await bench.executor.next_start()
    assert again.checkpoint_key == "c" * 64
    assert again.attempt == start.attempt


async def test_a_running_task_is_paused_at_its_checkpoint_and_released(bench: Bench) -> None:
    task = await add(bench.queue, priority=Priority.TRAINING)
    start = await bench.executor.next_start()
    await bench.queue.change(task.id, TaskChange(hold=Hold.USER, yields=True))
    await until(lambda: bench.executor.yields == [task.id])
    bench.executor.report(Yielded(**bench.executor.about(start), checkpoint_key="c" * 64))
    held = await bench.until(task.id, Status.HELD)
    assert (held.hold, held.checkpoint) == (Hold.USER, "c" * 64)
    await bench.queue.change(task.id, TaskChange(lift=Hold.USER))
    await until(lambda: len(bench.executor.started) == 2)
    assert bench.executor.started[-1].checkpoint_key == "c" * 64


async def test_progress_says_how_far_and_how_long(bench: Bench) -> None:
    task = await add(bench.queue)
    start = await bench.executor.next_start()
    jpeg = "/9j/4A=="
    bench.executor.report(
        Progress(
            **bench.executor.about(start),
            phase="denoising",
            step=4,
            steps=8,
            image=2,
            images=4,
            preview=jpeg,
            metrics={"loss": Metric(value=0.25, step=4)},
        )
    )
    progress = bench.dispatcher.progress(task.id)
    assert progress is not None
    assert progress["fraction"] == 0.375
    assert progress["metrics"] == {"loss": 0.25}
    assert progress["eta_seconds"] >= 0
    assert progress["preview"] == 1
    assert bench.dispatcher.preview(task.id) == b"\xff\xd8\xff\xe0"


async def test_a_preview_outlives_its_task_for_clients_that_request_it_late(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tasks.previews.KEPT", 2)
    progress = {"phase": "denoising", "preview": "/9j/4A=="}
    tasks = []
    for _ in range(3):
        tasks.append(await add(bench.queue, max_attempts=1))
        start = await bench.executor.next_start()
        bench.executor.report(Progress(**bench.executor.about(start), **progress))
        bench.executor.report(Lost(**bench.executor.about(start), reason="killed"))
        await bench.until(tasks[-1].id, Status.FAILED)
        assert bench.dispatcher.preview(tasks[-1].id) == b"\xff\xd8\xff\xe0"
    assert bench.dispatcher.preview(tasks[0].id) is None, "the oldest made room"


async def test_a_result_is_kept_until_the_disk_takes_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tasks.dispatcher.STORAGE_PAUSE", 0.01)
    task = await add(bench.queue)
    start = await bench.executor.next_start()
    real, refusals = bench.queue.end, iter(range(3))

    async def full_at_first(*given: Any) -> list[Task]:
        if next(refusals, None) is not None:
            raise StorageFull("The disk is full.")
        return await real(*given)

    monkeypatch.setattr(bench.queue, "end", full_at_first)
    bench.executor.report(Finished(**bench.executor.about(start)))
    await bench.until(task.id, Status.COMPLETED)


async def test_a_lane_goes_on_after_a_fault_in_one_of_its_rounds(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tasks.dispatcher.STORAGE_PAUSE", 0.01)
    real, faults = bench.executor.lanes, iter(["one fault"])

    def broken_once() -> Any:
        if next(faults, None):
            raise KeyError("device")
        return real()

    await bench.queue.configure(paused=True)
    await add(bench.queue)
    monkeypatch.setattr(bench.executor, "lanes", broken_once)
    await bench.queue.configure(paused=False)
    assert (await bench.executor.next_start()).attempt == 1


async def test_a_task_that_the_executor_cannot_take_fails_and_the_next_one_runs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, faults = bench.executor.run, iter(["one fault"])

    async def broken_once(*starts: Any) -> None:
        if next(faults, None):
            raise OSError("no process")
        await real(*starts)

    monkeypatch.setattr(bench.executor, "run", broken_once)
    refused, taken = await add(bench.queue), await add(bench.queue)
    failed = await bench.until(refused.id, Status.FAILED)
    assert failed.error
    assert "no process" not in failed.error["detail"]
    assert (await bench.executor.next_start()).task_id == taken.id


async def test_stopping_puts_running_tasks_back_without_counting_the_try(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.dispatcher.start()
    task = await add(bench.queue)
    await bench.executor.next_start()
    await bench.dispatcher.stop()
    task = await bench.queue.get(task.id)
    assert (task.status, task.attempt) == (Status.PENDING, 0)
    bench.database.close()


async def test_the_last_worker_of_several_is_kept_for_what_is_quick(bench: Bench) -> None:
    bench.executor.workers = bench.executor.free = 2
    long = [await add(bench.queue) for _ in range(2)]
    first = await bench.executor.next_start()
    quick = await add(bench.queue, operation="blink")
    second = await bench.executor.next_start()
    assert [start.task_id for start in bench.executor.started] == [long[0].id, quick.id]
    assert (await bench.queue.get(long[1].id)).status is Status.PENDING
    bench.executor.report(Finished(**bench.executor.about(second)))
    await bench.until(quick.id, Status.COMPLETED)
    bench.executor.report(Finished(**bench.executor.about(first)))
    await bench.until(long[1].id, Status.RUNNING)


async def test_a_lane_of_one_worker_takes_what_comes(bench: Bench) -> None:
    task = await add(bench.queue)
    assert (await bench.executor.next_start()).task_id == task.id


async def test_two_devices_run_two_tasks_at_once_and_each_claim_names_its_device(
    bench: Bench,
) -> None:
    bench.executor.devices = tuple(
        {"kind": "cpu", "name": f"CPU #{index}", "index": index} for index in (0, 1)
    )
    bench.executor.workers = bench.executor.free = 2
    first, second = [await add(bench.queue) for _ in range(2)]
    await until(lambda: len(bench.executor.started) == 2)
    assert [start.device for start in bench.executor.started] == [0, 1]
    claimed = [(await bench.queue.get(task.id)).device for task in (first, second)]
    assert claimed == ["CPU #0", "CPU #1"]
    third = await add(bench.queue)
    bench.executor.report(Finished(**bench.executor.about(bench.executor.started[1])))
    await until(lambda: len(bench.executor.started) == 3)
    assert bench.executor.started[2].task_id == third.id
    assert bench.executor.started[2].device == 1, "the device that became free"


async def test_a_single_device_needs_no_index(bench: Bench) -> None:
    task = await add(bench.queue)
    start = await bench.executor.next_start()
    assert start.device is None
    assert (await bench.queue.get(task.id)).device == "CPU, 2 cores"


async def test_a_task_that_is_claimed_while_the_studio_stops_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path)
    claiming, committed = asyncio.Event(), asyncio.Event()
    claim = bench.queue.claim

    async def claim_slowly(*given: Any) -> list[Task]:
        claimed = await claim(*given)
        claiming.set()
        await committed.wait()
        return claimed

    task = await add(bench.queue)
    monkeypatch.setattr(bench.queue, "claim", claim_slowly)
    await bench.dispatcher.start()
    await claiming.wait()
    stop = asyncio.create_task(bench.dispatcher.stop())
    await asyncio.sleep(0)
    committed.set()
    await asyncio.wait_for(stop, 10)
    task = await bench.queue.get(task.id)
    assert (task.status, task.attempt) == (Status.PENDING, 0)
    assert bench.executor.started == []
    bench.database.close()
