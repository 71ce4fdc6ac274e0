"""The log files of a data directory: JSON lines, a few files of a bounded size.

The newest file is `studio.jsonl`; older ones are `studio.1.jsonl`, `studio.2.jsonl` and so on.
Servers that share a data directory have files with their process in the name.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from core.logs.records import entry
from core.logs.redaction import Redaction

FOLDER = "logs"
STALE_FILES = 50  # of dead servers that shared the directory


class LogFiles(logging.Handler):
    """Writes every record to the newest file. A full disk loses records, and nothing else."""

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        count: int,
        redact: Redaction,
        name: str = "studio",
    ) -> None:
        super().__init__()
        self._folder = folder
        self._name = name
        self._max_bytes = max_bytes
        self._count = count
        self._redact = redact
        self._file: IO[bytes] | None = None
        self._size = 0
        self.on_record: Callable[[str], None] | None = None
        """Receives the ID of each record, in the thread that logged it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            data = entry(record)
            data["message"] = self._redact(data["message"])
            self._write(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return  # a full disk, or a message that does not fit its arguments
        if self.on_record is not None:
            self.on_record(data["id"])

    def _write(self, line: bytes) -> None:
        if self._file is not None and self._size + len(line) > self._max_bytes:
            self._file.close()
            self._file = None
            self._rotate()
        if self._file is None:
            self._file = self._open()
        self._file.write(line)
        self._size += len(line)

    def _open(self) -> IO[bytes]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(0)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = path.stat().st_size
        return os.fdopen(descriptor, "ab", buffering=0)

    def _rotate(self) -> None:
        self._path(self._count - 1).unlink(missing_ok=True)
        for index in range(self._count - 2, -1, -1):
            with suppress(FileNotFoundError):
                self._path(index).replace(self._path(index + 1))
        if self._count == 1:
            self._path(0).unlink(missing_ok=True)

    def _path(self, index: int) -> Path:
        return self._folder / (f"{self._name}.{index}.jsonl" if index else f"{self._name}.jsonl")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()


class Throttle:
    """Calls `notify` with the newest of many values, at most once in `seconds`. Thread-safe."""

    def __init__(
        self,
        schedule: Callable[[float, Callable[[], None]], Any],
        notify: Callable[[str], None],
        seconds: float,
    ) -> None:
        """`schedule` calls a function after some seconds, from any thread."""
        self._schedule = schedule
        self._notify = notify
        self._seconds = seconds
        self._lock = threading.Lock()
        self._newest: str | None = None

    def __call__(self, value: str) -> None:
        """Take a value."""
        with self._lock:
            waiting = self._newest is not None
            self._newest = value
        if not waiting:
            self._schedule(self._seconds, self._send)

    def _send(self) -> None:
        with self._lock:
            newest, self._newest = self._newest, None
        if newest is not None:
            self._notify(newest)
