"""A queue on a real SQLite file, and on PostgreSQL too where `QPYT_TEST_POSTGRES_URL` names one.

The named PostgreSQL database is emptied by the tests.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from core.store.database import Database
from core.tasks.notifier import LocalNotifier
from core.tasks.queue import Queue
from core.tasks.task import Task

POSTGRES = os.environ.get("QPYT_TEST_POSTGRES_URL", "")


class Announced(list[Task]):
    """The tasks that a queue announced, in order."""


@pytest.fixture
def announced() -> Announced:
    return Announced()


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
async def queue(
    request: pytest.FixtureRequest, tmp_path: Path, announced: Announced
) -> AsyncIterator[Queue]:
    database = Database(_blank(request.param, tmp_path))
    database.migrate()
    yield Queue(database, announced.append, LocalNotifier())
    database.close()


def _blank(kind: str, folder: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'studio.db'}"
    engine = create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return POSTGRES
