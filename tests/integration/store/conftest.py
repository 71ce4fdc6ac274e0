"""A database for each test: SQLite, and PostgreSQL too where `QPYT_TEST_POSTGRES_URL` names one.

The named PostgreSQL database is emptied by the tests.
"""

import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from core.gallery.gallery import Gallery
from core.store.asset_rows import Asset
from core.store.assets import Assets
from core.store.blobs import BlobStore, LocalBlobs
from core.store.database import Database
from core.store.limits import UploadLimits
from tests.decoding import shared_decoders
from tests.unit.store.memory_blobs import MemoryBlobs

Listed = Callable[[], Awaitable[list[Asset]]]
POSTGRES = os.environ.get("QPYT_TEST_POSTGRES_URL", "")
ENGINES = ["sqlite", *(["postgresql"] if POSTGRES else [])]


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a blank database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'studio.db'}"
    engine = create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return POSTGRES


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture(params=["local", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "memory":
        return MemoryBlobs()
    return LocalBlobs(tmp_path / "assets", reserve_bytes=0)


@pytest.fixture
async def assets(database: Database, blobs: BlobStore, tmp_path: Path) -> Assets:
    limits = UploadLimits(max_bytes=1 << 20, max_pixels=1_000_000)
    return Assets(database, blobs, tmp_path / "thumbnails", shared_decoders(), limits)


@pytest.fixture
def listed(database: Database) -> Listed:
    """Read the assets of the gallery, newest first."""

    async def read() -> list[Asset]:
        return [item.asset for item in (await Gallery(database).page()).items]

    return read
