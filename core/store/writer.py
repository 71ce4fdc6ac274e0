"""The thread that writes to the database, with group commit.

All waiting writes share one transaction, each inside its own savepoint: they share one fsync, and
a write that fails rolls back only itself. Results are returned after the commit, once it is on the
disk; a write may also learn of the commit before that.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from core.errors import StorageUnavailable
from core.store.connections import as_storage_error
from core.store.database_file import DatabaseFile
from core.store.faults import storage_error

GROUP = 128


@dataclass(slots=True, eq=False)
class PendingWrite:
    """A write, and the future on the event loop that waits for it.

    `committed`: a future that is set earlier, before the commit is on the disk.
    """

    work: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    durable: bool = True
    committed: asyncio.Future[Any] | None = None
    outcome: Any = None
    failure: BaseException | None = None
    unsynced: BaseException | None = None
    """The reason for which a commit did not reach the disk."""

    def resolve(self) -> None:
        """Set both futures; runs on their event loop."""
        self.resolve_committed()
        self._set(self.future, self.failure or self.unsynced)

    def resolve_committed(self) -> None:
        """Set the future of the commit; runs on its event loop."""
        if self.committed is not None:
            self._set(self.committed, self.failure)

    def _set(self, future: asyncio.Future[Any], failure: BaseException | None) -> None:
        """Set a future, unless it was set or cancelled."""
        if future.done():
            return
        if failure is None:
            future.set_result(self.outcome)
        elif isinstance(failure, Exception) and not isinstance(failure, StopIteration):
            future.set_exception(failure)
        else:  # a future holds no StopIteration, and a BaseException would end its event loop
            future.set_exception(RuntimeError(f"The work raised {failure!r}."))


class Writer:
    """Accepts writes from any thread and commits them in their order."""

    def __init__(self, engine: Engine, file: DatabaseFile | None = None) -> None:
        """`file`: the file of a SQLite database, checked before each commit."""
        self._engine = engine
        self._file = file
        self._connection: Connection | None = None
        # A file stays reachable, and a checkout from the pool for each group would take as long as
        # a small write. The connection to a server may be lost: there the pool tests it first.
        self._keep = engine.dialect.name == "sqlite"
        self._synced: bool | None = None  # how the kept connection commits; None: not known
        self._waiting: queue.SimpleQueue[PendingWrite | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._thread.start()

    def submit(self, write: PendingWrite) -> None:
        """Queue a write. Raises `StorageUnavailable` after `close`."""
        with self._lock:
            if self._closed:
                raise StorageUnavailable("The database is closed: the studio is stopping.")
            self._waiting.put(write)

    def close(self) -> None:
        """Commit everything that was submitted, then end the thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            group, more = self._next_group()
            if group:
                self._commit(group)
                _call_loops(group, PendingWrite.resolve)
            if not more:
                self._drop()
                return

    def _next_group(self) -> tuple[list[PendingWrite], bool]:
        """Take all waiting writes, at least one; False after `close`."""
        group: list[PendingWrite] = []
        item = self._waiting.get()
        while item is not None:
            group.append(item)
            if len(group) == GROUP:
                return group, True
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _commit(self, group: list[PendingWrite]) -> None:
        early = [write for write in group if write.committed is not None] if self._keep else []
        try:
            if self._file is not None:
                self._file.check()
            connection = self._open()
            self._sync(connection, not early and any(write.durable for write in group))
            with connection.begin():
                if len(group) == 1:
                    group[0].outcome = group[0].work(connection)
                else:
                    for write in group:
                        _run_in_savepoint(write, connection)
            if self._file is not None:
                self._file.note()
        except BaseException as error:  # noqa: BLE001 (the thread must outlive any write)
            failure = as_storage_error(error)
            for write in group:
                write.failure = write.failure or failure
            self._drop()
        else:
            if early:
                _call_loops(early, PendingWrite.resolve_committed)
                self._sync_log(group)
        if not self._keep:
            self._drop()

    def _sync_log(self, group: list[PendingWrite]) -> None:
        """Wait until a commit is on the disk, as SQLite does with `synchronous=FULL`."""
        try:
            if self._file is not None:
                self._file.sync_log()
        except OSError as error:
            for write in group:
                write.unsynced = storage_error(error)

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _sync(self, connection: Connection, wanted: bool) -> None:
        """Set whether SQLite's next commit waits for the disk; if so, it includes earlier ones."""
        if self._keep and wanted != self._synced:
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA synchronous={'FULL' if wanted else 'NORMAL'}")
            self._synced = wanted

    def _drop(self) -> None:
        connection, self._connection, self._synced = self._connection, None, None
        if connection is None:
            return
        try:
            connection.close()
        except Exception:  # noqa: BLE001 (a broken connection may fail to close; the next is new)
            connection.invalidate()


def _run_in_savepoint(write: PendingWrite, connection: Connection) -> None:
    # By hand, because a nested transaction object costs five times as much as the savepoint.
    connection.exec_driver_sql("SAVEPOINT write")
    try:
        write.outcome = write.work(connection)
    except BaseException as error:  # noqa: BLE001 (it must not fail the other writes)
        write.failure = as_storage_error(error)
        try:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT write")
        except DBAPIError as lost:
            # The engine ended the whole transaction (a full disk, a connection gone): nothing of
            # the group was stored, and every write of it fails for that reason.
            raise write.failure from lost
    connection.exec_driver_sql("RELEASE SAVEPOINT write")


def _call_loops(writes: list[PendingWrite], call: Callable[[PendingWrite], None]) -> None:
    """Call a method of each write on its event loop, with one wake-up per loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[PendingWrite]] = {}
    for write in writes:
        by_loop.setdefault(write.loop, []).append(write)
    for loop, of_loop in by_loop.items():
        try:
            loop.call_soon_threadsafe(_call_all, of_loop, call)
        except RuntimeError:  # a closed loop awaits no result; the write is done
            continue


def _call_all(writes: list[PendingWrite], call: Callable[[PendingWrite], None]) -> None:
    for write in writes:
        call(write)
