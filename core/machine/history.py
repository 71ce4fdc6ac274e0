"""Measurements over time: every one of the last hours in memory, means by the minute in a file."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MINUTE = 60.0
FILE_BYTES = 4 << 20
"""The file is halved at this size: weeks of minutes."""
Point = tuple[float, Mapping[str, float]]
"""A time in seconds since 1970, and the values by the ID of their series."""


@dataclass(slots=True)
class Bucket:
    """The values of a series within an interval."""

    total: float = 0.0
    count: int = 0
    low: float = float("inf")
    high: float = float("-inf")

    def add(self, value: float) -> None:
        """Take a value."""
        self.total += value
        self.count += 1
        self.low, self.high = min(self.low, value), max(self.high, value)


class History:
    """Points in memory, and their means by the minute in a file. Not thread-safe."""

    def __init__(self, file: Path | None, capacity: int) -> None:
        """`file` None keeps nothing beyond this process; `capacity`: points in memory."""
        self._file = file
        self._points: deque[Point] = deque(maxlen=max(capacity, 1))
        self._minute: list[Point] = []

    def add(self, time: float, values: Mapping[str, float]) -> None:
        """Add a point, later than all others. A disk that is full keeps no minutes."""
        self._points.append((time, values))
        if self._minute and time // MINUTE != self._minute[0][0] // MINUTE:
            self._store_minute()
        self._minute.append((time, values))

    def read(self, start: float, end: float) -> list[Point]:
        """The points of an interval; those before the oldest in memory by the minute."""
        kept = [point for point in self._points if start <= point[0] <= end]
        oldest = self._points[0][0] if self._points else end
        return [*self._stored(start, min(oldest, end)), *kept]

    def _store_minute(self) -> None:
        points, self._minute = self._minute, []
        if self._file is None:
            return
        means = {
            name: round(sum(values) / len(values), 2) for name, values in _columns(points).items()
        }
        line = json.dumps({"t": round(points[0][0] // MINUTE * MINUTE), **means})
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._file.exists() and self._file.stat().st_size > FILE_BYTES:
                lines = self._file.read_text(encoding="utf-8").splitlines()
                text = "\n".join([*lines[len(lines) // 2 :], ""])
                self._file.write_text(text, encoding="utf-8")
            with self._file.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError:
            return

    def _stored(self, start: float, end: float) -> Iterable[Point]:
        if self._file is None or end <= start:
            return []
        try:
            lines = self._file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        points = filter(None, map(_parse, lines))
        return [point for point in points if start <= point[0] < end]


def downsample(points: Iterable[Point], start: float, end: float, count: int) -> dict[str, Any]:
    """Mean, lowest and highest value of each series in `count` equal intervals.

    An interval without a point is None.
    """
    width = (end - start) / count
    buckets: dict[str, list[Bucket | None]] = {}
    for time, values in points:
        index = min(int((time - start) / width), count - 1)
        for name, value in values.items():
            row = buckets.setdefault(name, [None] * count)
            bucket = row[index] = row[index] or Bucket()
            bucket.add(value)
    return {
        name: {
            "values": [cell and round(cell.total / cell.count, 2) for cell in row],
            "low": [cell and cell.low for cell in row],
            "high": [cell and cell.high for cell in row],
        }
        for name, row in buckets.items()
    }


def _columns(points: Iterable[Point]) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = {}
    for _, values in points:
        for name, value in values.items():
            columns.setdefault(name, []).append(value)
    return columns


def _parse(line: str) -> Point | None:
    """The point of a line; None for half a line."""
    try:
        data = json.loads(line)
        time = float(data.pop("t"))
        return time, {str(name): float(value) for name, value in data.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
