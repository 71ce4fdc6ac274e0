"""Group commit: of writes that share a transaction, each stands or falls alone, in their order."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select

from core.errors import InvalidInput, StorageUnavailable
from core.store.database import Database
from core.store.schema import state
from core.store.writer import GROUP

Work = Callable[[Connection], int]
OUTCOMES = ("kept", "refused", "broken", "twice")


def writing(number: int, outcome: str) -> Work:
    """A write of one row that ends in a given way."""

    def work(connection: Connection) -> int:
        connection.execute(state.insert(), {"key": f"{number}", "value": number})
        if outcome == "refused":
            raise InvalidInput("It is wrong.", field=str(number))
        if outcome == "broken":
            raise ZeroDivisionError
        if outcome == "twice":  # the row is there already
            connection.execute(state.insert(), {"key": f"{number}", "value": number})
        return number

    return work


class Blocked:
    """A write that holds the writer's thread until `release`, so that later ones form a group."""

    def __init__(self) -> None:
        self._started, self._released = threading.Event(), threading.Event()

    def __call__(self, _: Connection) -> None:
        self._started.set()
        self._released.wait(30)

    async def started(self) -> None:
        await asyncio.to_thread(self._started.wait, 30)

    def release(self) -> None:
        self._released.set()


async def in_one_group(database: Database, works: list[Work]) -> list[int | BaseException]:
    """The outcomes of writes that wait together."""
    blocked = Blocked()
    first = asyncio.ensure_future(database.write(blocked))
    await blocked.started()
    waiting = [asyncio.ensure_future(database.write(work)) for work in works]
    await asyncio.sleep(0)
    blocked.release()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


async def stored(database: Database) -> list[int]:
    """The values of all rows."""
    statement = select(state.c.value)
    return sorted(await database.read(lambda c: list(c.execute(statement).scalars())))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'studio.db'}"


@pytest.fixture
def database(url: str) -> Database:
    database = Database(url)
    database.migrate()
    return database


@settings(max_examples=15)
@given(outcomes=st.lists(st.sampled_from(OUTCOMES), max_size=12))
def test_a_group_keeps_the_rows_of_exactly_those_that_succeed(
    outcomes: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('group') / 'studio.db'}")
    database.migrate()

    async def run() -> None:
        works = [writing(number, outcome) for number, outcome in enumerate(outcomes)]
        results = await in_one_group(database, works)
        kept = [number for number, outcome in enumerate(outcomes) if outcome == "kept"]
        assert await stored(database) == kept
        for number, (outcome, result) in enumerate(zip(outcomes, results, strict=True)):
            assert (result == number) is (outcome == "kept")
            assert isinstance(result, InvalidInput) is (outcome == "refused")
            assert isinstance(result, ZeroDivisionError) is (outcome == "broken")

    try:
        asyncio.run(run())
    finally:
        database.close()


@pytest.mark.parametrize("count", [1, 2, GROUP, GROUP + 1])
async def test_waiting_writes_share_a_commit_up_to_the_size_of_a_group(
    database: Database, count: int
) -> None:
    commits: list[int] = []
    event.listen(database._writing, "commit", lambda _: commits.append(1))
    await in_one_group(database, [writing(number, "kept") for number in range(count)])
    assert len(commits) == 1 + -(-count // GROUP)
    assert await stored(database) == list(range(count))
    database.close()


async def test_a_write_sees_the_rows_of_those_before_it(database: Database) -> None:
    seen: list[int] = []

    def look(connection: Connection) -> int:
        seen.extend(connection.execute(select(state.c.value)).scalars())
        return 0

    await in_one_group(database, [writing(1, "kept"), writing(2, "refused"), look])
    assert seen == [1]
    database.close()


@pytest.mark.parametrize("raised", [SystemExit(3), KeyboardInterrupt(), StopIteration(1)])
async def test_no_exception_of_a_write_ends_the_writer(
    database: Database, raised: BaseException
) -> None:
    def work(_: Connection) -> int:
        raise raised

    groups: tuple[list[Work], ...] = ([work], [work, writing(1, "kept")])
    for works in groups:
        results = await in_one_group(database, works)
        assert isinstance(results[0], RuntimeError)
        assert type(raised).__name__ in str(results[0])
    assert await stored(database) == [1]
    assert await database.write(writing(2, "kept")) == 2
    database.close()


async def test_a_lost_connection_fails_its_group_and_not_the_next_write(
    database: Database,
) -> None:
    def lose(connection: Connection) -> int:
        connection.exec_driver_sql("ROLLBACK")
        raise InvalidInput("It is wrong.")

    results = await in_one_group(database, [writing(1, "kept"), lose, writing(2, "kept")])
    assert all(isinstance(result, InvalidInput) for result in results[1:2])
    assert await stored(database) == [n for n, r in ((1, results[0]), (2, results[2])) if r == n]
    assert await database.write(writing(3, "kept")) == 3
    database.close()


async def test_what_was_submitted_before_the_end_is_stored_and_nothing_after(
    database: Database, url: str
) -> None:
    blocked = Blocked()
    first = asyncio.ensure_future(database.write(blocked))
    await blocked.started()
    last = asyncio.ensure_future(database.write(writing(1, "kept")))
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(database.close))
    blocked.release()
    await asyncio.gather(first, last, closing)
    with pytest.raises(StorageUnavailable, match="closed"):
        await database.write(writing(2, "kept"))
    again = Database(url)
    again.migrate()
    assert await stored(again) == [1]
    again.close()
