"""Several servers on one SQLite file, each with its own connections, executor and notifier."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import StorageUnavailable
from core.settings import Settings
from core.tasks.changes import TaskChange
from core.tasks.listing import TaskFilter
from core.tasks.notifier import LocalNotifier, make_notifier
from core.tasks.states import Hold, Status
from core.worker.protocol import Cancelled, Finished
from tests.unit.tasks.bench import Bench, running, until
from tests.unit.tasks.making import add

Servers = tuple[Bench, Bench]


def server(folder: Path, **settings: Any) -> Bench:
    return Bench(folder, **{"shared": True, "poll_seconds": 0.02, **settings})


@pytest.fixture
async def servers(tmp_path: Path) -> AsyncIterator[Servers]:
    pair = server(tmp_path), server(tmp_path)
    async with running(*pair):
        yield pair


async def test_an_idle_server_takes_the_task_that_another_has_no_slot_for(servers: Servers) -> None:
    tasks = [await add(servers[0].queue) for _ in range(2)]
    starts = [await bench.executor.next_start() for bench in servers]
    assert {start.task_id for start in starts} == {task.id for task in tasks}


async def test_every_task_of_a_queue_runs_once_on_one_of_the_servers(servers: Servers) -> None:
    tasks = [await add(servers[index % 2].queue) for index in range(20)]

    async def work(bench: Bench) -> None:
        while True:
            start = await bench.executor.next_start()
            bench.executor.report(Finished(**bench.executor.about(start)))

    workers = [asyncio.create_task(work(bench)) for bench in servers]
    async with asyncio.timeout(20):
        while (await servers[0].queue.counts())["completed"] < len(tasks):
            await asyncio.sleep(0.02)
    for worker in workers:
        worker.cancel()
    started = [start.task_id for bench in servers for start in bench.executor.started]
    assert sorted(started) == sorted(task.id for task in tasks)
    assert all(bench.executor.started for bench in servers)


async def test_a_running_task_is_paused_from_another_server(servers: Servers) -> None:
    task = await add(servers[0].queue)
    await until(lambda: any(bench.executor.started for bench in servers))
    runs, other = sorted(servers, key=lambda bench: not bench.executor.started)
    await other.queue.change(task.id, TaskChange(hold=Hold.USER, yields=True))
    await until(lambda: runs.executor.yields == [task.id])


async def test_a_pause_at_one_server_pauses_the_other_and_so_does_resuming(
    servers: Servers,
) -> None:
    a, b = servers
    await a.queue.configure(paused=True)
    assert a.dispatcher.paused, "the server that was asked is paused at once"
    await until(lambda: b.dispatcher.paused)
    assert ("queue", None) in b.news, "clients of the other server see it"
    task = await add(b.queue)
    await asyncio.sleep(0.1)
    assert (await a.queue.get(task.id)).status is Status.PENDING
    await b.queue.configure(paused=False)
    await until(lambda: not a.dispatcher.paused)
    await until(lambda: bool(a.executor.started or b.executor.started))


async def test_a_task_that_is_cancelled_at_another_server_stops_where_it_runs(
    servers: Servers,
) -> None:
    a, b = servers
    b.executor.free = 0
    task = await add(b.queue)
    start = await a.executor.next_start()
    await b.queue.cancel(task.id)
    await until(lambda: task.id in a.executor.cancelled)
    assert b.executor.cancelled == []
    a.executor.report(Cancelled(**a.executor.about(start)))
    await a.until(task.id, Status.CANCELLED)


async def test_cancelling_by_filter_reaches_the_tasks_of_every_server(servers: Servers) -> None:
    a, b = servers
    tasks = {(await add(a.queue)).id for _ in range(3)}
    for bench in servers:
        await bench.executor.next_start()
    assert len(await b.queue.cancel_all(TaskFilter())) == 3
    await until(lambda: all(bench.executor.cancelled for bench in servers))
    assert {*a.executor.cancelled, *b.executor.cancelled} < tasks


async def test_cancelled_tasks_of_other_servers_leave_nothing_behind(servers: Servers) -> None:
    a, b = servers
    b.executor.free = 0
    task = await add(a.queue)
    await a.executor.next_start()
    for _ in range(3):
        await b.queue.cancel(task.id)
    assert not any(b.dispatcher._claiming.values())
    assert b.dispatcher._running == {}


async def test_the_task_of_a_dead_server_is_taken_over_while_the_other_lives(
    tmp_path: Path,
) -> None:
    a = server(tmp_path, lease_seconds=0.3)
    b = server(tmp_path, lease_seconds=0.3)
    async with running(a, b):
        b.executor.free = 0
        task = await add(a.queue)
        late = await a.executor.next_start()
        _die(a)
        b.executor.free = 1
        start = await b.executor.next_start()
        assert (start.task_id, start.attempt) == (task.id, 2)
        a.executor.report(Finished(**a.executor.about(late)))
        b.executor.report(Finished(**b.executor.about(start)))
        done = await b.until(task.id, Status.COMPLETED)
        assert done.attempt == 2, "the result of the dead server was not accepted"


async def test_the_lease_of_a_living_server_does_not_lapse(tmp_path: Path) -> None:
    a = server(tmp_path, lease_seconds=0.3)
    b = server(tmp_path, lease_seconds=0.3)
    async with running(a, b):
        b.executor.free = 0
        task = await add(a.queue)
        await a.executor.next_start()
        b.executor.free = 1
        await asyncio.sleep(0.8)
        assert b.executor.started == []
        assert (await a.queue.get(task.id)).attempt == 1


async def test_a_server_that_lost_its_claim_stops_the_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = server(tmp_path, lease_seconds=0.3)
    b = server(tmp_path, lease_seconds=0.3)
    async with running(a, b):
        b.executor.free = 0
        task = await add(a.queue)
        start = await a.executor.next_start()

        async def unreachable(*_: object) -> None:
            raise StorageUnavailable("The database server does not answer.")

        monkeypatch.setattr(a.queue, "renew", unreachable)
        b.executor.free = 1
        assert (await b.executor.next_start()).attempt == 2
        await until(lambda: task.id in a.executor.cancelled)
        a.executor.report(Cancelled(**a.executor.about(start)))
        await until(lambda: a.dispatcher._running == {})
        assert (await b.queue.get(task.id)).status is Status.RUNNING


async def test_a_notifier_that_reaches_all_servers_needs_no_polling(tmp_path: Path) -> None:
    notifier = LocalNotifier()
    a, b = (server(tmp_path, notifier=notifier) for _ in range(2))
    async with running(a, b):
        for bench in (a, b):
            assert "poll" not in {loop.get_name() for loop in bench.dispatcher._loops}
        b.executor.free = 0
        task = await add(b.queue)
        await a.executor.next_start()
        await b.queue.cancel(task.id)
        await until(lambda: task.id in a.executor.cancelled)
        await b.queue.configure(paused=True)
        assert a.dispatcher.paused


async def test_the_owner_of_a_data_directory_does_not_poll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, poll_seconds=0.01)
    async with running(bench):
        reads: list[object] = []
        monkeypatch.setattr(bench.queue, "read", reads.append)
        await asyncio.sleep(0.1)
        assert reads == []


def test_only_servers_that_share_a_database_need_more_than_messages(tmp_path: Path) -> None:
    assert make_notifier(Settings(data_dir=tmp_path)).reaches_all_servers
    assert not make_notifier(Settings(data_dir=tmp_path, shared=True)).reaches_all_servers


def _die(bench: Bench) -> None:
    """The end of a server without any farewell; its executor still reports."""
    for loop in bench.dispatcher._loops:
        loop.cancel()
