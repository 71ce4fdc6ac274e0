"""Ownership of a data directory: a file lock, and a file that names its holder and their address.

The kernel drops the lock when the owner dies in any way, so a stale lock cannot exist. The holder
file may be stale and counts only while the process that it names lives.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import psutil
from filelock import FileLock, Timeout

from core.errors import DataDirectoryBusy
from core.store import atomic
from core.store.clock import timestamp
from core.store.faults import storage_error

LOCK_NAME = "studio.lock"
HOLDER_NAME = "studio.json"
# The holder is written a moment after the lock is taken; a second process waits for it so long.
_SETTLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Holder:
    """The owner of a data directory; `address` is None until it answers requests."""

    pid: int
    address: str | None
    since: str


class DirectoryLock(Protocol):
    """Ownership of one data directory, for one process."""

    @property
    def held(self) -> bool:
        """True while this object owns the directory."""
        ...

    def acquire(self, address: str | None = None) -> None:
        """Take the directory and publish the holder; does nothing where it is held already.

        Raises `DataDirectoryBusy` (with `pid` and `address`, where known) while another live
        process holds it, `StorageUnavailable` where the directory cannot be used.
        """
        ...

    def publish(self, address: str | None) -> None:
        """Write the address at which the holder answers."""
        ...

    def holder(self) -> Holder | None:
        """Return the live process that published last, if any."""
        ...

    def release(self) -> None:
        """Give the directory up; does nothing where it is not held."""
        ...


def make_lock(data_dir: Path, *, shared: bool) -> DirectoryLock:
    """Build the lock of a profile: none where several servers share one database."""
    return SharedDirectory() if shared else DataDirectoryLock(data_dir)


class SharedDirectory:
    """A `DirectoryLock` that excludes nobody: the shared database orders the servers."""

    held = False

    def acquire(self, address: str | None = None) -> None:
        """Do nothing."""

    def publish(self, address: str | None) -> None:
        """Do nothing."""

    def holder(self) -> Holder | None:
        """Return None: there is no single holder."""
        return None

    def release(self) -> None:
        """Do nothing."""


class DataDirectoryLock:
    """A `DirectoryLock` on a file. Children do not inherit it."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir
        self._holder_file = data_dir / HOLDER_NAME
        self._lock = FileLock(data_dir / LOCK_NAME, timeout=0, thread_local=False)
        self._since = ""

    @property
    def held(self) -> bool:
        """See `DirectoryLock`."""
        return self._lock.is_locked

    def acquire(self, address: str | None = None) -> None:
        """See `DirectoryLock`."""
        if self.held:
            return
        try:
            atomic.make_folder(self._folder)
            self._take()
            self._since = timestamp()
            self.publish(address)
        except OSError as error:
            self.release()
            raise storage_error(error) from error

    def publish(self, address: str | None) -> None:
        """See `DirectoryLock`. The file is readable by this user only."""
        holder = Holder(os.getpid(), address, self._since)
        text = json.dumps(asdict(holder))
        atomic.write_text(self._holder_file, text, durable=False)

    def holder(self) -> Holder | None:
        """See `DirectoryLock`."""
        try:
            record = json.loads(self._holder_file.read_text(encoding="utf-8"))
            holder = Holder(int(record["pid"]), record["address"], str(record["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return holder if psutil.pid_exists(holder.pid) else None

    def release(self) -> None:
        """See `DirectoryLock`. The lock file stays, or two processes could hold two locks."""
        if not self.held:
            return
        with suppress(OSError):
            self._holder_file.unlink(missing_ok=True)
        self._lock.release()

    def _take(self) -> None:
        end = time.monotonic() + _SETTLE_SECONDS
        while True:
            try:
                self._lock.acquire()
                return
            except Timeout:
                holder = self.holder()
                if holder is not None or time.monotonic() > end:
                    raise _busy(self._folder, holder) from None
                time.sleep(0.02)


def _busy(folder: Path, holder: Holder | None) -> DataDirectoryBusy:
    if holder is None:
        return DataDirectoryBusy(
            f"Another process uses {folder}.", fix="Stop it, or choose another data folder."
        )
    where = f" and answers on {holder.address}" if holder.address else ""
    error = DataDirectoryBusy(
        f"{folder} is in use by process {holder.pid}{where}.",
        fix="Use that one, stop it, or choose another data folder.",
    )
    error.pid, error.address = holder.pid, holder.address
    return error
