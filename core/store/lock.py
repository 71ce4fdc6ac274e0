"""One data directory, one owner: a file lock, and beside it who holds it and where to reach them.

The kernel drops the lock when the owner dies in whatever way, so a stale one cannot exist; the
information file may be stale and is believed only while the lock is held. Knows nothing of what
the owner does.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from core.errors import DataDirectoryBusy
from core.store import atomic
from core.store.clock import timestamp
from core.store.faults import plain_os_error

LOCK_NAME = "studio.lock"
HOLDER_NAME = "studio.json"
# Between taking the lock and writing who took it lies a moment; this is how long it is waited out.
_SETTLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who owns a data directory. `address` is None until it answers requests."""

    pid: int
    address: str | None
    since: str


class DataDirectoryLock:
    """The lock of one data directory, for one process. Not inherited by children."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir
        self._holder_file = data_dir / HOLDER_NAME
        self._lock = FileLock(data_dir / LOCK_NAME, timeout=0, thread_local=False)
        self._since = ""

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._lock.is_locked

    def acquire(self, address: str | None = None) -> None:
        """Take the lock and write who we are.

        Raises `DataDirectoryBusy` (with `pid` and `address`, where known) while another process
        lives that holds it, `StorageUnavailable` where the directory cannot be used.
        """
        if self.held:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._take()
            self._since = timestamp()
            self.publish(address)
        except OSError as error:
            self.release()
            raise plain_os_error(error) from error

    def publish(self, address: str | None) -> None:
        """Say where the owner answers. Readable by this user only."""
        holder = Holder(os.getpid(), address, self._since)
        text = json.dumps(asdict(holder))
        atomic.write_text(self._holder_file, text, durable=False, mode=0o600)

    def holder(self) -> Holder | None:
        """Who wrote last that they own the directory, if that process still lives."""
        try:
            found = json.loads(self._holder_file.read_text(encoding="utf-8"))
            holder = Holder(int(found["pid"]), found["address"], str(found["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return holder if psutil.pid_exists(holder.pid) else None

    def release(self) -> None:
        """Let go. The lock file stays: removing it would let two processes hold two locks."""
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
