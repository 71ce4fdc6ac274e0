"""The one thread that writes to the database.

Whatever waits goes into one transaction, each piece inside its own savepoint: one fsync pays for
all, and a piece that fails takes only itself back. A result is handed out after the commit, so
who has it may rely on it. Knows nothing of what the pieces do.
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
from core.store.connections import plain

GROUP = 128


@dataclass(slots=True, eq=False)
class Piece:
    """Some work, and the future of the event loop that waits for it."""

    work: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    durable: bool = True
    outcome: Any = None
    failure: BaseException | None = None

    def resolve(self) -> None:
        """Tell the waiter; runs on its loop. A waiter that was cancelled is left alone."""
        if self.future.done():
            return
        if self.failure is None:
            self.future.set_result(self.outcome)
        elif isinstance(self.failure, Exception) and not isinstance(self.failure, StopIteration):
            self.future.set_exception(self.failure)
        else:  # a future cannot hold the one, and the others would end the waiter's loop
            self.future.set_exception(RuntimeError(f"The work raised {self.failure!r}."))


class Writer:
    """Takes pieces from any thread and commits them in the order they came."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        # A file stays reachable: taking the connection from the pool for each group would cost as
        # much as a small write. A server may have gone meanwhile: there the pool asks it first.
        self._keep = engine.dialect.name == "sqlite"
        self._synced: bool | None = None  # how the kept connection commits; None: not known
        self._waiting: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._thread.start()

    def submit(self, piece: Piece) -> None:
        """Queue a piece. Raises `StorageUnavailable` after `close`."""
        with self._door:
            if self._closed:
                raise StorageUnavailable("The database is closed: the studio is stopping.")
            self._waiting.put(piece)

    def close(self) -> None:
        """Commit everything that was submitted, then end the thread."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            group, more = self._next_group()
            if group:
                self._commit(group)
                _hand_out(group)
            if not more:
                self._drop()
                return

    def _next_group(self) -> tuple[list[Piece], bool]:
        """What waits now, at least one; False where the end was reached."""
        group: list[Piece] = []
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

    def _commit(self, group: list[Piece]) -> None:
        try:
            connection = self._open()
            self._sync(connection, any(piece.durable for piece in group))
            with connection.begin():
                if len(group) == 1:
                    group[0].outcome = group[0].work(connection)
                else:
                    for piece in group:
                        _run_in_savepoint(piece, connection)
        except BaseException as error:  # noqa: BLE001 (the thread must outlive any piece)
            failure = plain(error)
            for piece in group:
                piece.failure = piece.failure or failure
            self._drop()
        if not self._keep:
            self._drop()

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _sync(self, connection: Connection, wanted: bool) -> None:
        """Whether the next commit waits for the disk. One that does takes earlier ones along."""
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


def _run_in_savepoint(piece: Piece, connection: Connection) -> None:
    # By hand, because a nested transaction object costs five times as much as the savepoint.
    connection.exec_driver_sql("SAVEPOINT piece")
    try:
        piece.outcome = piece.work(connection)
    except BaseException as error:  # noqa: BLE001 (it must not reach the piece's neighbours)
        piece.failure = plain(error)
        try:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT piece")
        except DBAPIError as lost:
            # The engine ended the whole transaction (a full disk, a connection gone): nothing of
            # the group was stored, and every piece of it fails for that reason.
            raise piece.failure from lost
    connection.exec_driver_sql("RELEASE SAVEPOINT piece")


def _hand_out(group: list[Piece]) -> None:
    """One wake-up per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Piece]] = {}
    for piece in group:
        by_loop.setdefault(piece.loop, []).append(piece)
    for loop, pieces in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve_all, pieces)
        except RuntimeError:  # that loop has closed: nobody waits, the work is done all the same
            continue


def _resolve_all(pieces: list[Piece]) -> None:
    for piece in pieces:
        piece.resolve()
