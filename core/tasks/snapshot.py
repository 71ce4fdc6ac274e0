"""The queue at one moment, read in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from core.store.documents import readable_rows
from core.store.schema import tasks
from core.tasks import listing
from core.tasks.estimate import Estimates
from core.tasks.queue_settings import QueueSettings, read_settings
from core.tasks.states import ENDED, WAITING, Status
from core.tasks.task import Task

RUNNING_MAX = 50


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """The queue at one moment.

    `waiting`: a part of the waiting tasks in their order. `ahead`: by operation, the number of the
    tasks before that part.
    """

    settings: QueueSettings
    counts: dict[str, int]
    running: list[Task]
    waiting: list[Task]
    ahead: dict[str, int]
    ended: list[Task]


def read(
    connection: Connection, offset: int, limit: int, ended: int, *, cancelled: bool
) -> QueueSnapshot:
    """The queue now; see `QueueSnapshot`. `cancelled`: cancelled tasks are among the ended ones."""
    settings = read_settings(connection)
    order = (tasks.c.priority, tasks.c.rank, tasks.c.seq)
    states = [status.value for status in WAITING]
    queued = select(tasks.c.seq).where(tasks.c.status.in_(states)).order_by(*order)
    running = select(tasks.c.seq).where(tasks.c.status == Status.RUNNING.value).limit(RUNNING_MAX)
    return QueueSnapshot(
        settings=settings,
        counts=listing.counts(connection),
        running=_rows(connection, running, tasks.c.started_at, tasks.c.seq),
        waiting=_rows(connection, queued.limit(limit).offset(offset), *order),
        ahead=_operations(connection, queued.limit(offset)) if offset else {},
        ended=_ended(connection, settings.cleared_at, ended, cancelled),
    )


def starts(
    state: QueueSnapshot, running_seconds: float, estimates: Estimates
) -> list[float | None]:
    """The estimated seconds until each waiting task of a snapshot starts; None where unknown.

    They are added up one after the other, as on one worker; a held task takes no time.
    """
    seconds: float | None = running_seconds
    for operation, count in state.ahead.items():
        typical = estimates.typical(operation)
        seconds = None if seconds is None or typical is None else seconds + typical * count
    result: list[float | None] = []
    for task in state.waiting:
        held = task.status is Status.HELD
        result.append(None if seconds is None or held else round(seconds, 1))
        own = 0.0 if held else estimates.seconds(task.operation, task.params)
        own = own if own is not None else estimates.typical(task.operation)
        seconds = None if seconds is None or own is None else seconds + own
    return result


def _ended(
    connection: Connection, cleared_at: str | None, limit: int, cancelled: bool
) -> list[Task]:
    """The tasks that ended last: of each state by its index, not by a sort of them all."""
    rows: list[Task] = []
    for status in ENDED if cancelled else ENDED - {Status.CANCELLED}:
        newest = select(tasks.c.seq).where(tasks.c.status == status.value)
        if cleared_at is not None:
            newest = newest.where(tasks.c.finished_at > cleared_at)
        newest = newest.order_by(tasks.c.finished_at.desc(), tasks.c.seq.desc()).limit(limit)
        rows += _rows(connection, newest, tasks.c.seq)
    return sorted(rows, key=lambda task: (task.finished_at or "", task.seq), reverse=True)[:limit]


def _rows(connection: Connection, numbers: Select[Any], *order: ColumnElement[Any]) -> list[Task]:
    """The tasks of some numbers; only numbers are sorted, never whole rows."""
    rows = connection.execute(select(tasks).where(tasks.c.seq.in_(numbers)).order_by(*order))
    return [Task.from_row(row) for row in readable_rows(rows.mappings())]


def _operations(connection: Connection, numbers: Select[Any]) -> dict[str, int]:
    """The number of pending tasks of each operation."""
    statement = (
        select(tasks.c.operation, func.count())
        .where(tasks.c.seq.in_(numbers), tasks.c.status == Status.PENDING.value)
        .group_by(tasks.c.operation)
    )
    return {row.operation: row[1] for row in connection.execute(statement)}
