"""The log of long runs in the database: values by step, and files such as samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, tuple_

from core.store.clock import timestamp
from core.store.schema import run_files, run_values
from core.worker.protocol import Logged

ROWS = 400  # of one statement: SQLite limits the number of its variables


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of a run. `facts` are JSON, such as the prompt and seed of a sample."""

    kind: str
    step: int
    index: int
    key: str
    size: int
    type: str
    facts: dict[str, Any]
    created_at: str


def store(connection: Connection, logged: Logged) -> None:
    """Write the rows of a report. What is there under the same name and step is replaced."""
    task = logged.task_id
    latest = {(value.name, value.step): value.value for value in logged.values}
    rows = list(latest.items())
    for first in range(0, len(rows), ROWS):
        part = rows[first : first + ROWS]
        known = tuple_(run_values.c.name, run_values.c.step).in_([place for place, _ in part])
        connection.execute(delete(run_values).where(run_values.c.task_id == task, known))
        connection.execute(
            insert(run_values),
            [
                {"task_id": task, "name": name, "step": step, "value": value}
                for (name, step), value in part
            ],
        )
    for kind, step in logged.dropped:
        connection.execute(delete(run_files).where(_at(task, kind, step)))
    for file in logged.files:
        place = and_(_at(task, file.kind, file.step), run_files.c.index == file.index)
        connection.execute(delete(run_files).where(place))
        row = {"task_id": task, "created_at": timestamp(), **file.model_dump()}
        connection.execute(insert(run_files), [row])


def _at(task_id: str, kind: str, step: int) -> Any:
    return and_(run_files.c.task_id == task_id, run_files.c.kind == kind, run_files.c.step == step)


def values(
    connection: Connection, task_id: str, names: Sequence[str] = (), after: int = -1
) -> dict[str, list[tuple[int, float | None]]]:
    """The values of a run by name, as (step, value) in the order of steps."""
    condition = and_(run_values.c.task_id == task_id, run_values.c.step > after)
    if names:
        condition = and_(condition, run_values.c.name.in_(names))
    columns = (run_values.c.name, run_values.c.step, run_values.c.value)
    series: dict[str, list[tuple[int, float | None]]] = {}
    for name, step, value in connection.execute(
        select(*columns).where(condition).order_by(run_values.c.step)
    ):
        series.setdefault(name, []).append((step, value))
    return series


def newest(connection: Connection, task_ids: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """The last value of each name, by task."""
    last = (
        select(run_values.c.task_id, run_values.c.name, func.max(run_values.c.step).label("step"))
        .where(run_values.c.task_id.in_(task_ids))
        .group_by(run_values.c.task_id, run_values.c.name)
        .subquery()
    )
    same = and_(
        run_values.c.task_id == last.c.task_id,
        run_values.c.name == last.c.name,
        run_values.c.step == last.c.step,
    )
    result: dict[str, dict[str, float | None]] = {}
    columns = (run_values.c.task_id, run_values.c.name, run_values.c.value)
    for task_id, name, value in connection.execute(select(*columns).join(last, same)):
        result.setdefault(task_id, {})[name] = value
    return result


def files(connection: Connection, task_id: str, kind: str | None = None) -> list[RunFile]:
    """The files of a run by kind, step and index."""
    condition = run_files.c.task_id == task_id
    if kind is not None:
        condition = and_(condition, run_files.c.kind == kind)
    columns = [column for column in run_files.c if column.name != "task_id"]
    order = (run_files.c.kind, run_files.c.step, run_files.c.index)
    rows = connection.execute(select(*columns).where(condition).order_by(*order)).mappings()
    return [RunFile(**row) for row in rows]
