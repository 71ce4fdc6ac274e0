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
from core.store.database_file import DatabaseFile
from core.store.writer import PendingWrite, Writer

T = TypeVar("T")


class Database:
    """One database by its SQLAlchemy URL. Call `migrate` once before anything else."""

    def __init__(self, url: str) -> None:
        self._url = url
        path = database_file(url)
        self._file = DatabaseFile(path) if path else None
        self._reading = reading_engine(url)
        self._writing = writing_engine(url)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="database-reader")
        self._writer = Writer(self._writing, self._file)
        self._closed = False

    def migrate(self) -> None:
        """Create the tables or bring them up to date; blocks. Nothing else may use them meanwhile.

        Raises `SchemaMismatch` for a database that a newer version wrote, `StorageUnavailable` or
        `StorageFull` where the file or the server cannot be used.
        """
        with storage_errors():
            if self._file is not None:
                atomic.make_folder(self._file.path.parent)
                self._file.path.touch(atomic.PRIVATE)  # SQLite's other files get its mode
            upgrade.bring_up_to_date(self._url, self._writing)
            if self._file is not None:
                self._file.open()

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

    def submit(
        self, work: Callable[[Connection], T]
    ) -> tuple[asyncio.Future[T], asyncio.Future[T]]:
        """As `write`, with two futures: for the result once it is committed, and once on disk.

        Whoever awaits the second one may cancel it; the first one must be awaited or have a
        callback that takes its exception.
        """
        loop = asyncio.get_running_loop()
        committed: asyncio.Future[T] = loop.create_future()
        stored: asyncio.Future[T] = loop.create_future()
        self._writer.submit(PendingWrite(work, loop, stored, committed=committed))
        return committed, stored

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one state of the committed data. It cannot write."""
        if self._closed:
            raise StorageUnavailable("The database is closed: the studio is stopping.")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def check(self) -> None:
        """Raise `StorageUnavailable` where the database cannot be read or its file is not sound."""
        await self.read(self._ping)

    async def check_if_changed(self) -> None:
        """`check`, but only if others have changed the file since the last write."""
        if self._file is not None and self._file.changed:
            await self.check()

    def close(self) -> None:
        """Finish submitted work, end the threads, close the files. May be called twice."""
        self._closed = True
        self._writer.close()
        self._readers.shutdown()
        self._writing.dispose()
        self._reading.dispose()
        if self._file is not None:
            self._file.close()

    def _read(self, work: Callable[[Connection], T]) -> T:
        with storage_errors(), self._reading.connect() as connection:
            return work(connection)

    def _ping(self, connection: Connection) -> None:
        if self._file is not None:
            self._file.check()
        connection.execute(text("SELECT 1"))
