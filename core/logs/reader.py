"""Queries of the log files: filters, and a position that a client continues from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.logs.records import LEVELS

BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class LogFilter:
    """The records that a client wants. `level`: this one and those above it."""

    task: str | None = None
    level: str | None = None
    logger: str | None = None
    q: str | None = None
    request: str | None = None

    def matches(self, data: dict[str, Any]) -> bool:
        """True for a record of this filter."""
        if self.level and LEVELS.index(data["level"]) < LEVELS.index(self.level):
            return False
        if self.logger and not (data["logger"] + ".").startswith(self.logger.rstrip(".") + "."):
            return False
        if self.request and data.get("request_id") != self.request:
            return False
        if self.task and data.get("task_id") != self.task and self.task not in data["message"]:
            return False
        return not self.q or self.q.casefold() in data["message"].casefold()


def newest(
    folder: Path, wanted: LogFilter, limit: int, before: str | None = None
) -> list[dict[str, Any]]:
    """The last records, oldest first; `before`: those before a record's ID."""
    records = (
        data
        for data in _backwards(folder, wanted.task)
        if (before is None or data["id"] < before) and wanted.matches(data)
    )
    return _first(records, limit)[::-1]


def after(folder: Path, wanted: LogFilter, limit: int, last: str) -> list[dict[str, Any]]:
    """The first records after an ID, oldest first."""
    later: list[dict[str, Any]] = []
    for data in _backwards(folder, wanted.task):
        if data["id"] <= last:
            break
        if wanted.matches(data):
            later.append(data)
    return later[::-1][:limit]


def _first(records: Iterable[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    taken = []
    for record in records:
        taken.append(record)
        if len(taken) == limit:
            break
    return taken


def _backwards(folder: Path, task: str | None) -> Iterator[dict[str, Any]]:
    """The records of all files, the newest first; without lines that do not name the task."""
    needle = json.dumps(task, ensure_ascii=False)[1:-1].encode() if task else b""
    for path in _files(folder):
        for line in _lines_backwards(path):
            if needle in line and (data := _parse(line)) is not None:
                yield data


def _files(folder: Path) -> list[Path]:
    dated = []
    for path in folder.glob("*.jsonl"):
        with suppress(OSError):  # rotated away meanwhile
            dated.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(dated, reverse=True)]


def _lines_backwards(path: Path) -> Iterator[bytes]:
    try:
        file = path.open("rb")
    except OSError:
        return
    with file:
        position = file.seek(0, 2)
        rest = b""
        while position > 0:
            size = min(BLOCK, position)
            position -= size
            file.seek(position)
            first, *lines = (file.read(size) + rest).split(b"\n")
            yield from (line for line in reversed(lines) if line)
            rest = first
        if rest:
            yield rest


def _parse(line: bytes) -> dict[str, Any] | None:
    """The record of a line; None for half a line, or one that something else wrote."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(data, dict) and all(
        isinstance(data.get(name), str) for name in ("id", "time", "logger", "message")
    )
    return data if whole and data.get("level") in LEVELS else None
