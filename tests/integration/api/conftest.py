"""The studio of the API's tests that need no process of their own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.app import create_app
from core.settings import Settings
from core.studio.services import Services
from tests.in_process import InProcess, in_process


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[InProcess]:
    """A started studio in this process, with workers that answer at once."""
    async with in_process(tmp_path) as studio:
        yield studio


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The application, for its table of routes; nothing is started."""
    services = Services(Settings(data_dir=tmp_path_factory.mktemp("routes")))
    yield create_app(services)
    services.database.close()
