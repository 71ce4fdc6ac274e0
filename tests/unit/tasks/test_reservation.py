"""New tasks that a free worker takes in the transaction that stores them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from core.errors import InvalidInput, StorageUnavailable
from core.tasks.states import Priority, Status
from core.worker.protocol import Finished
from tests.unit.tasks.bench import Bench, running
from tests.unit.tasks.making import add, make


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    async with running(bench):
        yield bench


@pytest.fixture
def disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A disk that takes what is committed once the event is set."""
    ready = threading.Event()
    monkeypatch.setattr(bench.database._file, "sync_log", lambda: ready.wait(10))
    yield ready
    ready.set()


async def test_one_transaction_stores_and_claims_a_task(bench: Bench) -> None:
    commits: list[int] = []
    event.listen(bench.database._writing, "commit", lambda _: commits.append(1))
    task = await add(bench.queue)
    assert (await bench.executor.next_start()).task_id == task.id
    assert len(commits) == 1
    assert (await bench.queue.get(task.id)).status is Status.RUNNING


async def test_the_worker_begins_before_the_disk_has_the_task_and_the_answer_waits(
    bench: Bench, disk: threading.Event
) -> None:
    adding = asyncio.create_task(add(bench.queue))
    await bench.executor.next_start()
    assert not adding.done()
    disk.set()
    assert (await adding).id == bench.executor.started[0].task_id


async def test_a_claimed_task_starts_although_its_submitter_has_gone(
    bench: Bench, disk: threading.Event
) -> None:
    adding = asyncio.create_task(add(bench.queue))
    await asyncio.sleep(0)
    adding.cancel()
    start = await bench.executor.next_start()
    disk.set()
    bench.executor.report(Finished(**bench.executor.about(start)))
    await bench.until(start.task_id, Status.COMPLETED)


async def test_a_task_that_the_disk_refuses_is_not_acknowledged(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(bench.database._file, "sync_log", refuse)
    with pytest.raises(StorageUnavailable, match="Input/output"):
        await add(bench.queue)
    assert (await bench.executor.next_start()).attempt == 1, "what is committed runs"


async def test_a_refused_task_frees_the_worker_for_the_next_one(bench: Bench) -> None:
    with pytest.raises(InvalidInput):
        await add(bench.queue, params={"image": {"task": "unknown"}})
    task = await add(bench.queue)
    assert (await bench.executor.next_start()).task_id == task.id


async def test_the_order_of_the_queue_holds_among_tasks_that_are_stored_together(
    bench: Bench,
) -> None:
    batch, interactive = await bench.queue.add(
        [make(priority=Priority.BATCH), make(priority=Priority.INTERACTIVE)]
    )
    for task in (interactive, batch):
        start = await bench.executor.next_start()
        assert start.task_id == task.id
        bench.executor.report(Finished(**bench.executor.about(start)))


async def test_a_task_of_another_server_goes_first_where_it_is_stronger(tmp_path: Path) -> None:
    a, b = (Bench(tmp_path, shared=True, poll_seconds=60) for _ in range(2))
    async with running(a, b):
        b.executor.free = 0
        stronger = await add(b.queue)
        weaker = await add(a.queue, priority=Priority.BATCH)
        for task in (stronger, weaker):
            start = await a.executor.next_start()
            assert start.task_id == task.id
            a.executor.report(Finished(**a.executor.about(start)))


async def test_tasks_that_are_submitted_at_once_all_run(bench: Bench) -> None:
    tasks = await asyncio.gather(*(add(bench.queue) for _ in range(12)))
    for _ in tasks:
        start = await bench.executor.next_start()
        bench.executor.report(Finished(**bench.executor.about(start)))
    assert {start.task_id for start in bench.executor.started} == {task.id for task in tasks}
