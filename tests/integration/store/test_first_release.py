"""Upgrade of a database that the first release wrote: nothing is lost, new tables are filled."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from core.store.assets import Assets
from core.store.blobs import LocalBlobs
from core.store.database import Database
from core.store.schema import HEAD, tasks
from core.tasks.listing import TaskFilter
from core.tasks.notifier import LocalNotifier
from core.tasks.queue import Queue
from tests.decoding import shared_decoders
from tests.integration.store.conftest import Listed

DUMP = Path(__file__).with_name("first_release.sql")
Rows = dict[str, list[tuple[object, ...]]]


def rows(path: Path, columns: dict[str, list[str]]) -> Rows:
    """The rows of each table, in the columns that are named for it."""
    with sqlite3.connect(path) as connection:
        contents: Rows = {
            table: connection.execute(
                f"SELECT {', '.join(f'{chr(34)}{name}{chr(34)}' for name in names)} "
                f"FROM {table} ORDER BY 1"
            ).fetchall()
            for table, names in columns.items()
        }
    connection.close()
    return contents


def columns_of(path: Path) -> dict[str, list[str]]:
    with sqlite3.connect(path) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        contents = {
            name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            for (name,) in names
            if name not in ("alembic_version", "sqlite_sequence")
        }
    connection.close()
    return contents


@pytest.fixture
def first_release(tmp_path: Path) -> Path:
    path = tmp_path / "studio.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))
    connection.close()
    return path


@pytest.fixture
def database(first_release: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{first_release}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def assets(database: Database, tmp_path: Path) -> Assets:
    return Assets(
        database, LocalBlobs(tmp_path / "assets"), tmp_path / "thumbnails", shared_decoders()
    )


def test_no_row_and_no_column_is_lost(first_release: Path) -> None:
    columns = columns_of(first_release)
    before = rows(first_release, columns)
    assert {table: len(contents) for table, contents in before.items()} == {
        "assets": 9,
        "state": 1,
        "task_parents": 2,
        "tasks": 11,
    }
    database = Database(f"sqlite:///{first_release}")
    database.migrate()
    database.close()
    assert rows(first_release, columns) == before
    (copy,) = first_release.parent.glob("studio.db.backup-0001-*")
    assert rows(copy, columns) == before
    with sqlite3.connect(first_release) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


async def test_the_lineage_of_stored_results_comes_from_their_tasks(
    assets: Assets, listed: Listed
) -> None:
    page = await listed()
    by_name = {asset.name: asset for asset in page if asset.name}
    parents = {asset.id: await assets.parents_of(asset.id) for asset in page}
    painted, *_ = [asset for asset in page if len(parents[asset.id]) == 4]
    ports = [(parent.port, parent.asset.name) for parent in parents[painted.id]]
    assert ports == [
        ("image", "façade.png"),
        ("mask", "mask.png"),
        ("references", None),
        ("references", "façade.png"),
    ]
    assert await assets.children_of(by_name["façade.png"].id) == (painted,)
    drawn = parents[painted.id][2].asset
    assert len(await assets.children_of(drawn.id)) == 3
    assert parents[drawn.id] == ()


async def test_an_input_that_was_deleted_leaves_no_parent(assets: Assets, listed: Listed) -> None:
    page = await listed()
    with_task = [asset for asset in page if asset.task_id]
    orphans = [asset for asset in with_task if not await assets.parents_of(asset.id)]
    assert len(orphans) == 3  # two of a generation, one of the deleted upload


async def test_results_belong_to_the_project_of_their_task_and_have_no_rating(
    listed: Listed,
) -> None:
    page = await listed()
    assert sorted(asset.project_id or "" for asset in page) == [""] * 5 + ["villa"] * 3
    assert {(asset.rating, asset.favourite, asset.note, asset.tags) for asset in page} == {
        (0, False, None, ())
    }


async def test_stored_tasks_are_found_by_label_and_by_project(database: Database) -> None:
    queue = Queue(database, lambda task: None, LocalNotifier())
    totals = {
        (name, value): (await queue.page(TaskFilter(labels={name: value}))).total
        for name, value in (("set", "villas"), ("set", "other"), ("row", "1"), ("row", "x"))
    }
    assert list(totals.values()) == [3, 1, 1, 0]
    assert (await queue.page(TaskFilter(labels={"set": "villas", "row": "2"}))).total == 1
    assert (await queue.page(TaskFilter(project_id="villa"))).total == 3


async def test_the_queue_goes_on_where_it_stood(database: Database) -> None:
    queue = Queue(database, lambda task: None, LocalNotifier())
    assert (await queue.settings()).paused
    assert await queue.counts() == {
        "pending": 1,
        "held": 2,
        "running": 0,
        "completed": 6,
        "failed": 1,
        "cancelled": 1,
    }
    [task] = await queue.claim("device", "server:2", 0.0)
    assert task.labels == {"set": "villas", "row": "2", "note": "ü \ud800"}


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (TaskFilter(project_id="villa"), "ix_tasks_project_id_seq"),
        (TaskFilter(labels={"set": "villas"}), "ix_task_labels_name_value_seq"),
    ],
)
async def test_tasks_are_filtered_by_an_index(
    database: Database, wanted: TaskFilter, index: str
) -> None:
    statement = select(tasks.c.seq).where(wanted.condition())
    literal = statement.compile(compile_kwargs={"literal_binds": True})
    plan = await database.read(
        lambda connection: connection.execute(text(f"EXPLAIN QUERY PLAN {literal}")).all()
    )
    assert any(f"COVERING INDEX {index} " in row.detail for row in plan), plan
