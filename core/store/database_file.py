"""The file of a SQLite database: detects that it was removed, replaced or damaged.

SQLite goes on writing into a file that nobody can open any more, and commits beside pages that it
does not read. Work stored that way would be lost with the process.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from core.errors import StorageUnavailable
from core.store import atomic

_HEADER = b"SQLite format 3\0"
_FIX = "Stop the studio, restore the data folder from a backup, and start it again."


@dataclass(frozen=True, slots=True)
class _Status:
    """The identity of the file at the path, and its last change."""

    identity: tuple[int, int]
    change: tuple[int, int]


class DatabaseFile:
    """The state in which this process left the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: _Status | None = None
        # Kept open: closing any handle of the file would drop SQLite's locks on it (fcntl(2)).
        self._stream: BinaryIO | None = None
        self._lock = threading.Lock()

    def open(self) -> None:
        """Begin to watch a file that has been migrated."""
        self.close()
        self._stream = self.path.open("rb", buffering=0)
        self.note()

    def close(self) -> None:
        """End the watch, after all connections are closed."""
        stream, self._stream, self._known = self._stream, None, None
        if stream is not None:
            stream.close()

    def note(self) -> None:
        """Take the present state for good: this process has just written the file."""
        if self._stream is not None:
            self._known = self._status() or self._known

    def sync_log(self) -> None:
        """Wait until all commits are on the disk: those that SQLite's log holds. Raises `OSError`.

        With `synchronous=NORMAL` SQLite itself syncs its log before it moves pages to the file.
        """
        atomic.sync_data(self._log)

    @cached_property
    def _log(self) -> Path:
        """SQLite's log, which lies beside the target of a link."""
        file = self.path.resolve()
        return file.with_name(f"{file.name}-wal")

    @property
    def changed(self) -> bool:
        """True if the file that is watched is not as this process left it."""
        return self._known is not None and self._status() != self._known

    def check(self) -> None:
        """Raise `StorageUnavailable` if the file is gone or replaced, or changed and damaged.

        Costs one `stat`, unless others changed the file: then all of its pages are checked.
        """
        status = self._status()
        if self._known is None or status == self._known:
            return
        if status is None or status.identity != self._known.identity:
            raise StorageUnavailable("The database file is gone or was replaced.", fix=_FIX)
        with self._lock:
            self._check_header()
            self._check_pages()
        self._known = status

    def _check_header(self) -> None:
        # SQLite may have a newer first page in its log, and notice nothing until it is gone.
        assert self._stream is not None
        self._stream.seek(0)
        if self._stream.read(len(_HEADER)) != _HEADER:
            raise StorageUnavailable("The database file is damaged: its header is gone.", fix=_FIX)

    def _check_pages(self) -> None:
        address = f"{self.path.absolute().as_uri()}?mode=rw"  # never create the file
        try:
            with closing(sqlite3.connect(address, uri=True)) as connection:
                (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            finding = str(error)
        if finding != "ok":
            raise StorageUnavailable(f"The database file is damaged: {finding}.", fix=_FIX)

    def _status(self) -> _Status | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return _Status((status.st_dev, status.st_ino), (status.st_size, status.st_mtime_ns))
