"""The database for asyncio: one writer thread, a few reader threads, nothing on the event loop.

Callers pass small synchronous functions of a SQLAlchemy connection, which must not commit, roll
back or keep it. Any number of event loops may call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, text

from core.errors import StorageUnavailable
from core.store import atomic, upgrade
from core.store.connections import (
    READERS,
    database_file,
    reading_engine,
    storage_errors,
    writing_engine,
)
from core.store.writer import PendingWrite, Writer

T = TypeVar("T")


class Database:
    """One database by its SQLAlchemy URL. Call `migrate` once before anything else."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._file = database_file(url)
        self._identity: tuple[int, int] | None = None
        self._reading = reading_engine(url)
        self._writing = writing_engine(url)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="database-reader")
        self._writer = Writer(self._writing)
        self._closed = False

    def migrate(self) -> None:
        """Create the tables or bring them up to date; blocks. Nothing else may use them meanwhile.

        Raises `SchemaMismatch` for a database that a newer version wrote, `StorageUnavailable` or
        `StorageFull` where the file or the server cannot be used.
        """
        with storage_errors():
            if self._file is not None:
                atomic.make_folder(self._file.parent)
                self._file.touch(atomic.PRIVATE)  # SQLite's other files get the mode of this one
            upgrade.bring_up_to_date(self._url, self._writing)
            self._identity = self._file_identity()

    async def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run `work` inside a transaction and return its result once it is on disk.

        Without `durable`, return once it is committed: a power loss may undo it, the end of this
        process may not. SQLite then does not wait for the disk.

        An exception of `work` is raised here and rolls its changes back. `work` runs even if the
        caller is cancelled meanwhile. Raises `StorageFull`, `StorageUnavailable`.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.submit(PendingWrite(work, loop, future, durable))
        return await future

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one state of the committed data. It cannot write."""
        if self._closed:
            raise StorageUnavailable("The database is closed: the studio is stopping.")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def check(self) -> None:
        """Raise `StorageUnavailable` where the database cannot be read or its file is gone."""
        await self.read(self._ping)

    def close(self) -> None:
        """Finish submitted work, end the threads, close the files. May be called twice."""
        self._closed = True
        self._writer.close()
        self._readers.shutdown()
        self._writing.dispose()
        self._reading.dispose()

    def _read(self, work: Callable[[Connection], T]) -> T:
        with storage_errors(), self._reading.connect() as connection:
            return work(connection)

    def _ping(self, connection: Connection) -> None:
        # An open file stays readable after its folder is gone, so the path is checked too.
        if self._file_identity() != self._identity:
            raise StorageUnavailable("The database file is gone or was replaced.")
        connection.execute(text("SELECT 1"))

    def _file_identity(self) -> tuple[int, int] | None:
        if self._file is None:
            return None
        try:
            status = self._file.stat()
        except OSError:
            return (0, 0)
        return (status.st_dev, status.st_ino)
