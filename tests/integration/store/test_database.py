"""Writing and reading through real databases, with their real failures."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.exc import IntegrityError

from core.errors import StorageFull, StorageUnavailable
from core.identifiers import new_id
from core.store.database import Database
from core.store.schema import state, task_parents, tasks, timestamp


def put(key: str, value: object = 1) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(state.insert(), {"key": key, "value": value})
        return key

    return work


def count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(state)) or 0


def task(**more: object) -> dict[str, object]:
    return {
        "id": new_id(),
        "operation": "generate",
        "status": "pending",
        "lane": "device",
        "rank": 1.5,
        "max_attempts": 3,
        "params": {"prompt": "ein Haus \ud800 \0 🦊", "seed": 2**32 - 1},
        "created_at": timestamp(),
        **more,
    }


async def test_a_row_comes_back_as_it_was_written(database: Database) -> None:
    row = task(error=None, labels={"a": "b"}, lease_until=1.7e9, cached=True)
    await database.write(lambda connection: connection.execute(tasks.insert(), row))
    stored = await database.read(lambda connection: connection.execute(select(tasks)).one())
    assert {key: stored._mapping[key] for key in row} == row
    assert stored.seq == 1
    assert (stored.attempt, stored.version, stored.hold, stored.outputs) == (0, 1, 0, [])
    nulls = select(func.count()).select_from(tasks).where(tasks.c.error.is_(None))
    assert await database.read(lambda connection: connection.scalar(nulls)) == 1


async def test_a_sequence_number_is_never_used_again(database: Database) -> None:
    def add(connection: Connection) -> int:
        return connection.execute(tasks.insert().returning(tasks.c.seq), task()).scalar_one()

    first = await database.write(add)
    await database.write(lambda connection: connection.execute(tasks.delete()))
    assert await database.write(add) > first


async def test_links_go_with_their_task(database: Database) -> None:
    parent, child = task(), task()

    def add(connection: Connection) -> None:
        connection.execute(tasks.insert(), [parent, child])
        connection.execute(task_parents.insert(), {"child": child["id"], "parent": parent["id"]})

    await database.write(add)
    with pytest.raises(IntegrityError):
        await database.write(
            lambda connection: connection.execute(
                task_parents.insert(), {"child": child["id"], "parent": "nobody"}
            )
        )
    await database.write(
        lambda connection: connection.execute(tasks.delete().where(tasks.c.id == child["id"]))
    )
    for table in (task_parents,):
        rows = await database.read(
            lambda connection, table=table: connection.execute(select(table)).all()
        )
        assert rows == []


async def test_one_failing_piece_does_not_fail_its_neighbours(database: Database) -> None:
    await blocked(database)
    work = [database.write(put(f"k{i % 40}", i)) for i in range(60)]
    outcome = await asyncio.gather(*work, return_exceptions=True)
    assert sum(isinstance(item, IntegrityError) for item in outcome) == 20
    assert await database.read(count) == 40


async def test_an_exception_of_a_write_reaches_its_caller_and_leaves_nothing(
    database: Database,
) -> None:
    def fail(connection: Connection) -> None:
        put("half")(connection)
        raise KeyError("why")

    def stop(connection: Connection) -> None:
        put("half")(connection)
        raise StopIteration

    def leave(connection: Connection) -> None:
        put("half")(connection)
        raise SystemExit(3)

    for together in (False, True):
        if together:
            await blocked(database)
        outcome = await asyncio.gather(
            database.write(fail),
            *([database.write(stop), database.write(leave)] if together else []),
            return_exceptions=True,
        )
        assert [type(item) for item in outcome] == [KeyError, RuntimeError, RuntimeError][
            : len(outcome)
        ]
    with pytest.raises(RuntimeError):
        await database.write(stop)
    assert await database.read(count) == 0
    await database.write(put("after"))
    assert await database.read(count) == 1


async def blocked(database: Database) -> asyncio.Future[bool]:
    """Hold the writer until this loop has been idle, so that the next writes are one group."""
    held, hold = threading.Event(), threading.Event()

    def wait(_: Connection) -> bool:
        held.set()
        return hold.wait(10)

    future = asyncio.ensure_future(database.write(wait))
    await asyncio.to_thread(held.wait, 10)
    asyncio.get_running_loop().call_later(0.1, hold.set)
    return future


async def test_writes_happen_in_the_order_they_were_asked_for(database: Database) -> None:
    seen: list[int] = []
    await asyncio.gather(*(database.write(lambda _, i=i: seen.append(i)) for i in range(300)))
    assert seen == list(range(300))


async def test_a_result_is_given_out_only_after_the_commit(database: Database) -> None:
    for i in range(20):
        await database.write(put(f"k{i}"))
        assert await database.read(count) == i + 1


async def test_a_read_cannot_write_and_sees_one_state(database: Database) -> None:
    with pytest.raises(Exception, match=r"read-only|readonly|cannot be written"):
        await database.read(put("x"))
    await database.write(put("a"))
    begun, go_on = threading.Event(), threading.Event()

    def twice(connection: Connection) -> tuple[int, int]:
        first = count(connection)
        begun.set()
        go_on.wait(10)
        return first, count(connection)

    reading = asyncio.ensure_future(database.read(twice))
    await asyncio.to_thread(begun.wait, 10)
    await database.write(put("b"))
    go_on.set()
    assert await reading == (1, 1)
    assert await database.read(count) == 2


async def test_a_cancelled_caller_does_not_stop_the_write(database: Database) -> None:
    await blocked(database)
    waiting = asyncio.ensure_future(database.write(put("kept")))
    await asyncio.sleep(0)
    waiting.cancel()
    await database.write(put("other"))
    assert await database.read(count) == 2


def test_several_event_loops_share_one_database(database: Database) -> None:
    def run(name: int) -> None:
        async def write() -> None:
            await asyncio.gather(*(database.write(put(f"{name}-{i}")) for i in range(30)))

        asyncio.run(write())

    threads = [threading.Thread(target=run, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asyncio.run(database.read(count)) == 120


def test_a_loop_that_closed_harms_nobody(database: Database) -> None:
    async def leave() -> None:
        waiting = asyncio.ensure_future(database.write(put("a")))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(leave())
    asyncio.run(database.write(put("b")))
    assert asyncio.run(database.read(count)) == 2


async def test_closing_commits_what_was_asked_for_and_refuses_the_rest(url: str) -> None:
    before = threading.active_count()
    database = Database(url)
    database.migrate()
    waiting = [asyncio.ensure_future(database.write(put(f"k{i}"))) for i in range(200)]
    await asyncio.sleep(0)
    await asyncio.to_thread(database.close)
    assert len(await asyncio.gather(*waiting)) == 200
    for use in (database.write, database.read):
        with pytest.raises(StorageUnavailable):
            await use(count)
    database.close()
    assert threading.active_count() <= before + 1  # the thread that closed it
    again = Database(url)
    again.migrate()
    assert await again.read(count) == 200
    again.close()


async def test_a_server_that_dropped_its_connections_is_asked_again(
    database: Database, url: str
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("a file has no server")
    await database.write(put("a"))
    await database.read(count)
    other = create_engine(url)
    with other.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    other.dispose()
    await database.write(put("b"))
    assert await database.read(count) == 2


async def test_a_missing_server_is_a_storage_error() -> None:
    pytest.importorskip("psycopg")
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(StorageUnavailable, match="does not answer"):
        database.migrate()
    for use in (database.write, database.read):
        with pytest.raises(StorageUnavailable):
            await use(count)
    database.close()


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "studio.db"


@pytest.fixture
def local(sqlite_file: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{sqlite_file}")
    database.migrate()
    yield database
    database.close()


async def test_sqlite_syncs_fully_and_keeps_references(local: Database) -> None:
    def pragmas(connection: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert await local.write(pragmas) == ["wal", 2, 1, 5000]


async def test_a_full_disk_is_told_and_forgotten(local: Database) -> None:
    """The limit on pages makes SQLite act as on a full disk: it ends the whole transaction."""

    def limit(pages: int) -> Callable[[Connection], object]:
        return lambda connection: connection.exec_driver_sql(
            f"PRAGMA max_page_count={pages}"
        ).scalar()

    await local.write(put("before"))
    await local.write(limit(1))
    with pytest.raises(StorageFull) as caught:
        await local.write(put("large", "x" * 300_000))
    assert caught.value.status == 507
    await blocked(local)
    group = [put("small"), put("large", "x" * 300_000), put("next")]
    outcome = await asyncio.gather(*(local.write(work) for work in group), return_exceptions=True)
    assert [type(item) for item in outcome] == [StorageFull] * 3
    assert await local.read(count) == 1
    await local.write(limit(1_000_000))
    await local.write(put("large", "x" * 300_000))
    assert await local.read(count) == 2


async def test_a_read_only_database_is_a_storage_error(local: Database) -> None:
    def lock(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only=ON")

    await local.write(lock)
    with pytest.raises(StorageUnavailable, match="cannot be written"):
        await local.write(put("x"))


async def test_a_vanished_folder_is_a_storage_error(local: Database, sqlite_file: Path) -> None:
    await local.check()
    sqlite_file.parent.rename(sqlite_file.parent.with_name("gone"))
    with pytest.raises(StorageUnavailable, match="gone"):
        await local.check()
    sqlite_file.parent.with_name("gone").rename(sqlite_file.parent)
    await local.check()


async def test_another_program_that_holds_the_database_is_waited_for(
    local: Database, sqlite_file: Path
) -> None:
    other = sqlite3.connect(sqlite_file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, lambda: other.execute("ROLLBACK")).start()
    await local.write(put("x"))
    other.close()


def test_a_file_that_is_no_database_is_refused(sqlite_file: Path) -> None:
    sqlite_file.parent.mkdir()
    sqlite_file.write_bytes(b"not a database at all" * 100)
    database = Database(f"sqlite:///{sqlite_file}")
    with pytest.raises(StorageUnavailable, match="not a database"):
        database.migrate()
    database.close()
    assert sqlite_file.read_bytes().startswith(b"not a database")


def test_a_folder_that_cannot_be_created_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    database = Database(f"sqlite:///{tmp_path / 'file' / 'studio.db'}")
    with pytest.raises(StorageUnavailable):
        database.migrate()
    database.close()


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(StorageUnavailable, match="memory"):
        Database("sqlite://")


WRITER = """
import asyncio, sys
from core.store.database import Database
from core.store.schema import state
database = Database(sys.argv[1])
database.migrate()
async def one(i):
    await database.write(lambda c: c.execute(state.insert(), {"key": f"k{i}", "value": i}))
    print(i, flush=True)
async def main():
    for start in range(0, 100000, 7):
        await asyncio.gather(*(one(i) for i in range(start, start + 7)))
asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 60, 200])
async def test_an_acknowledged_write_survives_a_kill(sqlite_file: Path, after: int) -> None:
    url = f"sqlite:///{sqlite_file}"
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert child.stdout is not None
    reported = [int(child.stdout.readline()) for _ in range(after)]
    os.kill(child.pid, signal.SIGKILL)
    reported += [int(line) for line in child.stdout.read().split("\n")[:-1]]
    child.stdout.close()
    child.wait()
    database = Database(url)
    database.migrate()
    kept = await database.read(lambda connection: set(connection.scalars(select(state.c.value))))
    assert set(reported) <= kept
    database.close()
