"""The days on which tasks were submitted, with their numbers by state."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from core.history.zones import Zone
from core.store.schema import tasks


@dataclass(frozen=True, slots=True)
class Day:
    """A local day; `counts` has the states that occur."""

    date: str
    total: int
    counts: dict[str, int]

    def public(self) -> dict[str, Any]:
        """The day as JSON."""
        return asdict(self)


def days(connection: Connection, zone: Zone, limit: int, before: date | None = None) -> list[Day]:
    """Up to `limit` days with tasks, the newest first; only days earlier than `before`.

    Each day costs two queries of the index by time, however many tasks it has.
    """
    newest_first: list[Day] = []
    end = zone.span(before)[0] if before else None
    while len(newest_first) < limit:
        newest = select(func.max(tasks.c.created_at))
        moment = connection.scalar(newest.where(tasks.c.created_at < end) if end else newest)
        if moment is None:
            break
        day = zone.day(moment)
        start, stop = zone.span(day)
        rows = connection.execute(
            select(tasks.c.status, func.count())
            .where(tasks.c.created_at >= start, tasks.c.created_at < stop)
            .group_by(tasks.c.status)
        )
        counts = {row.status: int(row[1]) for row in rows}
        newest_first.append(Day(day.isoformat(), sum(counts.values()), counts))
        end = start
    return newest_first
