"""Work is not acknowledged by a database that could not be opened again (SQLite)."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, make_url

from core.errors import StorageUnavailable
from core.store.database import Database
from core.store.schema import state


@pytest.fixture
def file(url: str, database: Database) -> Path:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database is None:
        pytest.skip("a server keeps its files")
    return Path(parsed.database)


def adding(name: str) -> object:
    def work(connection: Connection) -> None:
        connection.execute(insert(state).values(key=name, value=True))

    return work


async def add(database: Database, name: str) -> None:
    await database.write(adding(name))  # type: ignore[arg-type]


def overwrite(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.write(b"not a database " * 10_000)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (Path.unlink, "gone"),
        (lambda file: file.rename(file.with_name("moved")), "gone"),
        (overwrite, "damaged"),
        (lambda file: file.write_bytes(b""), "damaged"),
    ],
    ids=["removed", "moved", "overwritten", "emptied"],
)
async def test_a_write_is_refused_with_the_reason(
    database: Database, file: Path, damage: object, reason: str
) -> None:
    await add(database, "before")
    damage(file)  # type: ignore[operator]
    for name in ("after", "later"):
        with pytest.raises(StorageUnavailable, match=reason) as refused:
            await add(database, name)
        assert refused.value.fix
    with pytest.raises(StorageUnavailable):
        await database.check_if_changed()


async def test_a_file_that_returns_is_used_again(database: Database, file: Path) -> None:
    moved = file.with_name("moved")
    file.rename(moved)
    with pytest.raises(StorageUnavailable):
        await add(database, "refused")
    moved.rename(file)
    await add(database, "accepted")
    await database.check_if_changed()


async def test_a_sound_change_by_another_program_is_accepted(
    database: Database, file: Path
) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("INSERT INTO state VALUES ('foreign', 'true')")
        other.commit()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    await add(database, "own")
    rows = await database.read(lambda c: c.execute(state.select()).all())
    assert {row.key for row in rows} >= {"foreign", "own"}
