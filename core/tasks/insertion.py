"""New tasks into the queue, within one open transaction: all of a run or none of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from core.errors import Conflict, InvalidInput
from core.store.assets import insert_asset
from core.store.clock import timestamp as now
from core.store.schema import task_parents, tasks
from core.tasks.inputs import cache_key, equal_done, settle
from core.tasks.states import Hold, Status
from core.tasks.task import Task, references
from core.tasks.transitions import find

# Built once: building them costs as much as running them.
INSERT = insert(tasks).returning(tasks.c.seq)
RANK = update(tasks).where(tasks.c.seq == bindparam("new")).values(rank=tasks.c.seq)


def insert_all(connection: Connection, new: Sequence[Task]) -> list[Task]:
    """Insert tasks, parents before children. A known idempotency key returns the first tasks."""
    if known := _known(connection, new):
        return known
    return [_insert(connection, task) for task in new]


def _known(connection: Connection, new: Sequence[Task]) -> list[Task]:
    keys = [task.idempotency_key for task in new if task.idempotency_key]
    if not keys:
        return []
    statement = select(tasks).where(tasks.c.idempotency_key.in_(keys)).order_by(tasks.c.seq)
    return [Task.from_row(row) for row in connection.execute(statement).mappings()]


def _insert(connection: Connection, task: Task) -> Task:
    parents = task.parents()
    task = replace(task, snapshot={**task.snapshot, "parents": parents})
    waits_for = []
    for parent_id in parents:
        parent = _parent(connection, task, parent_id)
        if parent.status is Status.COMPLETED:
            task = _settled(connection, task, parent)
        else:
            waits_for.append(parent_id)
    task = replace(task, hold=task.hold | Hold.PARENT) if waits_for else _keyed(task)
    task = replace(task, status=Status.HELD) if task.hold else _served(connection, task)
    for asset in task.uploads:
        insert_asset(connection, asset)
    task = _write(connection, task)
    if waits_for:
        rows = [{"child": task.id, "parent": parent_id} for parent_id in waits_for]
        connection.execute(insert(task_parents), rows)
    return task


def _parent(connection: Connection, task: Task, parent_id: str) -> Task:
    parent = find(connection, parent_id)
    field = next(name for name, value in references(task.params) if value["task"] == parent_id)
    if parent is None:
        raise InvalidInput(f"There is no task {parent_id!r}.", field=field)
    if parent.ended and parent.status is not Status.COMPLETED:
        raise Conflict(
            f"The task {parent_id!r} is {parent.status.value}: it has no output to use.",
            field=field,
            fix="Retry that task first.",
        )
    return parent


def _settled(connection: Connection, task: Task, parent: Task) -> Task:
    values = settle(connection, task, parent)
    if isinstance(values, Exception):
        raise InvalidInput(values.detail, field=next(iter(dict(references(task.params)))))
    return replace(task, **values)


def _keyed(task: Task) -> Task:
    return replace(task, cache_key=cache_key(task.operation, task.params, task.snapshot))


def _served(connection: Connection, task: Task) -> Task:
    """The task already completed, where an equal one is done and may be used."""
    found = equal_done(connection, task)
    if found is None:
        return task
    return replace(
        task,
        status=Status.COMPLETED,
        cached=True,
        outputs=found.outputs,
        snapshot={**found.snapshot, **task.snapshot, "cached_from": found.id},
        finished_at=now(),
    )


def _write(connection: Connection, task: Task) -> Task:
    values: dict[str, Any] = {name: getattr(task, name) for name in Task.__slots__}
    del values["seq"], values["uploads"]
    values |= {"status": task.status.value, "hold": int(task.hold), "labels": dict(task.labels)}
    seq = connection.execute(INSERT, values).scalar_one()
    connection.execute(RANK, {"new": seq})
    return replace(task, seq=seq, rank=float(seq))
