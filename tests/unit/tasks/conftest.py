from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.store.database import Database
from core.tasks.queue import Queue
from core.tasks.task import Task


class Told(list[Task]):
    """The news a queue spread."""


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def queue(tmp_path: Path, told: Told) -> AsyncIterator[Queue]:
    """A queue on a real SQLite file."""
    database = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    database.migrate()
    yield Queue(database, told.append)
    database.close()
