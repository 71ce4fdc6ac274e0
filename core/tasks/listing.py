"""Queries of the queue: pages, counts, waiting tasks. They never change a row."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Text,
    and_,
    cast,
    func,
    or_,
    select,
    true,
    tuple_,
)

from core.store.cursors import invalid_cursor
from core.store.documents import readable_rows
from core.store.schema import task_labels, tasks
from core.tasks.states import WAITING, Status
from core.tasks.task import Task

SortOrder = Literal["newest", "queue"]
ENDED = (Status.COMPLETED.value, Status.FAILED.value, Status.CANCELLED.value)


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """A filter of tasks. Empty fields match every task."""

    status: Sequence[Status] = ()
    operation: str | None = None
    run_id: str | None = None
    project_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    unlabelled: str | None = None
    """The name of a label that tasks must not have."""
    ids: Sequence[str] = ()
    model: str | None = None
    text: str = ""
    """Words of the parameters, the note, the error or the operation, all of which must occur."""
    finished_after: str | None = None
    since: str | None = None
    """The first time of creation, and with `until` the first that is too late."""
    until: str | None = None

    def condition(self) -> ColumnElement[bool]:
        """The filter as SQL."""
        parts: list[ColumnElement[bool]] = [true()]
        if self.status:
            parts.append(tasks.c.status.in_([Status(status).value for status in self.status]))
        for name in ("operation", "run_id", "project_id"):
            if (value := getattr(self, name)) is not None:
                parts.append(tasks.c[name] == value)
        if self.ids:
            parts.append(tasks.c.id.in_(self.ids))
        if self.model is not None:
            parts.append(tasks.c.params["model"].as_string() == self.model)
        if self.finished_after is not None:
            parts.append(tasks.c.finished_at > self.finished_after)
        parts += self._labelled()
        if self.since is not None:
            parts.append(tasks.c.created_at >= self.since)
        if self.until is not None:
            parts.append(tasks.c.created_at < self.until)
        parts += [_mentions(word) for word in self.text.split()]
        return and_(*parts)

    def _labelled(self) -> Iterator[ColumnElement[bool]]:
        """The conditions on labels."""
        seqs = select(task_labels.c.seq)
        for name, value in self.labels.items():
            named = seqs.where(task_labels.c.name == name, task_labels.c.value == value)
            yield tasks.c.seq.in_(named)
        if self.unlabelled is not None:
            yield tasks.c.seq.not_in(seqs.where(task_labels.c.name == self.unlabelled))


def _mentions(word: str) -> ColumnElement[bool]:
    """The condition that a task mentions a word. Stored JSON has only ASCII: others are escaped."""
    escaped = json.dumps(word)[1:-1]
    documents = (cast(tasks.c.params, Text), cast(tasks.c.error, Text))
    return or_(
        tasks.c.operation.icontains(word, autoescape=True),
        tasks.c.note.icontains(word, autoescape=True),
        *[document.icontains(escaped, autoescape=True) for document in documents],
    )


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A part of a list."""

    items: list[Task]
    next_cursor: str | None
    total: int


def page(
    connection: Connection, wanted: TaskFilter, limit: int, cursor: str | None, order: SortOrder
) -> TaskPage:
    """Up to `limit` tasks after `cursor`: newest first, or in the order they will run."""
    condition = wanted.condition()
    total = connection.execute(
        select(func.count()).select_from(tasks).where(condition)
    ).scalar_one()
    keys: tuple[Any, ...] = (tasks.c.seq,)
    if order == "queue":
        keys = (tasks.c.priority, tasks.c.rank, tasks.c.seq)
    if cursor:
        edge = _read_cursor(cursor, len(keys))
        condition = and_(
            condition, keys[0] < edge[0] if order == "newest" else tuple_(*keys) > edge
        )
    sort = [tasks.c.seq.desc()] if order == "newest" else list(keys)
    # Only numbers are sorted, never whole rows.
    chosen = select(tasks.c.seq).where(condition).order_by(*sort).limit(limit + 1)
    statement = select(tasks).where(tasks.c.seq.in_(chosen)).order_by(*sort)
    rows = connection.execute(statement).mappings().all()
    items = [Task.from_row(row) for row in readable_rows(rows[:limit])]
    more = _write_cursor(rows[limit - 1], order) if len(rows) > limit else None
    return TaskPage(items, more, total)


def _write_cursor(row: RowMapping, order: SortOrder) -> str:
    names = ("seq",) if order == "newest" else ("priority", "rank", "seq")
    parts = [row[name] for name in names]
    return base64.urlsafe_b64encode(",".join(map(repr, parts)).encode()).decode().rstrip("=")


def _read_cursor(text: str, length: int) -> tuple[float, ...]:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        parts = tuple(float(part) for part in raw.split(","))
    except (ValueError, binascii.Error):
        parts = ()
    if len(parts) != length or not all(abs(part) < 2**53 for part in parts):
        raise invalid_cursor()
    return parts


def counts(connection: Connection) -> dict[str, int]:
    """The number of tasks in each state."""
    rows = connection.execute(select(tasks.c.status, func.count()).group_by(tasks.c.status))
    by_status = {row.status: row[1] for row in rows}
    return {status.value: by_status.get(status.value, 0) for status in Status}


def waiting_by_operation(connection: Connection) -> dict[str, int]:
    """The number of tasks of each operation that have not started."""
    statement = (
        select(tasks.c.operation, func.count())
        .where(tasks.c.status.in_([status.value for status in WAITING]))
        .group_by(tasks.c.operation)
    )
    return {row.operation: row[1] for row in connection.execute(statement)}


def best_waiting(connection: Connection, lane: str) -> int | None:
    """The strongest priority band with a pending task in a lane, or None."""
    statement = select(func.min(tasks.c.priority)).where(
        tasks.c.status == Status.PENDING.value, tasks.c.lane == lane
    )
    return connection.execute(statement).scalar()


def recent(connection: Connection, limit: int = 50) -> list[Task]:
    """The last completed tasks of every operation, those of one operation oldest first."""
    completed = tasks.c.status == Status.COMPLETED.value
    operations = connection.scalars(select(tasks.c.operation).where(completed).distinct()).all()
    recent_tasks: list[Task] = []
    for operation in operations:
        statement = (
            select(tasks)
            .where(completed, tasks.c.operation == operation)
            .order_by(tasks.c.seq.desc())
            .limit(limit)
        )
        rows = readable_rows(connection.execute(statement).mappings())
        recent_tasks += reversed([Task.from_row(row) for row in rows])
    return recent_tasks


def ended_since(connection: Connection, since: str, limit: int) -> list[dict[str, Any]]:
    """The tasks that ran and ended since a time, the last first: their spans, not their params."""
    names = ("id", "operation", "lane", "status", "started_at", "finished_at")
    statement = (
        select(*(tasks.c[name] for name in names))
        .where(tasks.c.status.in_(ENDED), tasks.c.finished_at >= since)
        .where(tasks.c.started_at.is_not(None))
        .order_by(tasks.c.finished_at.desc())
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def unfinished(connection: Connection) -> frozenset[str]:
    """The IDs of the tasks that have not ended."""
    return frozenset(connection.scalars(select(tasks.c.id).where(tasks.c.finished_at.is_(None))))


def health(connection: Connection, since: str) -> dict[str, Any]:
    """The number of failures since a time, and the creation time of the oldest pending task."""
    failed = select(func.count()).where(
        tasks.c.status == Status.FAILED.value, tasks.c.finished_at >= since
    )
    oldest = (
        select(tasks.c.created_at)
        .where(tasks.c.status == Status.PENDING.value)
        .order_by(tasks.c.seq)
        .limit(1)
    )
    return {
        "failures": connection.execute(failed).scalar_one(),
        "oldest_pending": connection.execute(oldest).scalar(),
    }
