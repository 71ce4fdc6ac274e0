"""Commits that wait for the disk, and those that do not (SQLite)."""

import asyncio
import threading

import pytest
from sqlalchemy import Connection

from core.store.database import Database

NORMAL, FULL = 1, 2


@pytest.fixture(autouse=True)
def only_sqlite(url: str) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("a server decides for itself when it syncs")


def mode(connection: Connection) -> int:
    """The sync mode of the transaction that runs this."""
    return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())


async def test_a_write_waits_for_the_disk_unless_it_says_otherwise(database: Database) -> None:
    assert await database.write(mode) == FULL
    assert await database.write(mode, durable=False) == NORMAL
    assert await database.write(mode) == FULL


async def test_a_write_after_a_failed_one_still_waits_for_the_disk(database: Database) -> None:
    def fail(_: Connection) -> None:
        raise ValueError

    with pytest.raises(ValueError):
        await database.write(fail, durable=False)
    assert await database.write(mode) == FULL


async def test_a_submitted_write_is_on_the_disk_before_its_last_result(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, syncs = database._file, list[int]()
    assert file is not None
    real = file.sync_log

    def sync() -> None:
        real()
        syncs.append(1)

    monkeypatch.setattr(file, "sync_log", sync)
    committed, stored = database.submit(mode)
    assert await committed == NORMAL
    assert await stored == NORMAL
    assert syncs == [1]
    assert await database.write(mode) == FULL
    assert syncs == [1], "SQLite syncs the others itself"


async def test_a_submitted_write_that_fails_sets_both_results(database: Database) -> None:
    def fail(_: Connection) -> None:
        raise ValueError

    for result in database.submit(fail):
        with pytest.raises(ValueError):
            await result


async def test_one_write_that_must_last_makes_its_whole_group_wait(database: Database) -> None:
    gate = threading.Event()
    first = asyncio.create_task(database.write(lambda _: gate.wait(10)))
    await asyncio.sleep(0)  # it is submitted, and holds the writer while the others queue up
    loose = asyncio.create_task(database.write(mode, durable=False))
    lasting = asyncio.create_task(database.write(mode))
    await asyncio.sleep(0)
    gate.set()
    assert await first
    assert await asyncio.gather(loose, lasting) == [FULL, FULL]
