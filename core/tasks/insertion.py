"""New tasks into the queue, within one open transaction: all of a run or none of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from core.errors import Conflict, InvalidInput
from core.operations.declaration.fields import is_reference
from core.store.asset_rows import insert_asset
from core.store.clock import timestamp as now
from core.store.schema import task_labels, task_parents, tasks
from core.tasks.inputs import cache_key, equal_done, resolve_inputs
from core.tasks.queue_settings import auto_run
from core.tasks.request_key import RequestKey, bind, key_reused
from core.tasks.states import Hold, Status
from core.tasks.task import Task, references
from core.tasks.transitions import find

# Built once: building them costs as much as running them.
INSERT = insert(tasks).returning(tasks.c.seq)
RANK = update(tasks).where(tasks.c.seq == bindparam("new")).values(rank=tasks.c.seq)
KEYS_PER_QUERY = 1000  # databases limit the parameters of a statement


@dataclass(frozen=True, slots=True)
class Insertion:
    """The outcome of a batch. `tasks`: one per row, in their order; `added`: the new ones;
    `claimed`: those that were claimed at once."""

    tasks: list[Task]
    added: list[Task]
    claimed: list[Task] = field(default_factory=list)


def insert_all(
    connection: Connection, batch: Sequence[Task], key: RequestKey | None = None
) -> Insertion:
    """Insert the rows of a batch that are not stored yet, parents before children.

    A row is stored when its idempotency key is, and the first of several rows with one key counts.
    References to a row that is stored already are pointed at the stored task, and new rows of a
    stored run belong to that run. Rows that do not start by themselves are held while the queue's
    auto-run is off. `key` is that of the whole request; raises `KeyReused` where
    another request has it.
    """
    if key is not None:
        bind(connection, key)
    stored = _stored(connection, batch)
    ids: dict[str, str] = {}
    runs: dict[str | None, str | None] = {
        task.run_id: stored[task.idempotency_key].run_id
        for task in batch
        if task.run_id and task.idempotency_key in stored
    }
    result = Insertion([], [])
    holds = not all(row.auto_run for row in batch) and not auto_run(connection)
    for row in batch:
        task = stored.get(row.idempotency_key)
        if task is not None and task.brick_id != row.brick_id:
            raise key_reused(row.idempotency_key or "")  # `a:b` alone, or brick b of the run a
        if task is None:
            run_id = runs.get(row.run_id, row.run_id)
            params = _redirected(row.params, ids)
            hold = row.hold | Hold.USER if holds and not row.auto_run else row.hold
            task = _insert(connection, replace(row, run_id=run_id, params=params, hold=hold))
            result.added.append(task)
        if row.idempotency_key:
            stored[row.idempotency_key] = task
        ids[row.id] = task.id
        result.tasks.append(task)
    return result


def _stored(connection: Connection, batch: Sequence[Task]) -> dict[str | None, Task]:
    """The stored tasks of a batch, by idempotency key."""
    keys = list({task.idempotency_key for task in batch if task.idempotency_key})
    stored: dict[str | None, Task] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY):
        chunk = keys[start : start + KEYS_PER_QUERY]
        rows = connection.execute(select(tasks).where(tasks.c.idempotency_key.in_(chunk)))
        stored |= {row["idempotency_key"]: Task.from_row(row) for row in rows.mappings()}
    return stored


def _redirected(params: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """Parameters whose references name the tasks `ids` in place of the rows of the request."""

    def redirect(value: Any) -> Any:
        if is_reference(value):
            return {**value, "task": ids.get(value["task"], value["task"])}
        return [redirect(item) for item in value] if isinstance(value, list) else value

    return {name: redirect(value) for name, value in params.items()}


def _insert(connection: Connection, task: Task) -> Task:
    parents = task.parents()
    task = replace(task, snapshot={**task.snapshot, "parents": parents})
    waits_for = []
    for parent_id in parents:
        parent = _parent(connection, task, parent_id)
        if parent.status is Status.COMPLETED:
            task = _with_outputs(connection, task, parent)
        else:
            waits_for.append(parent_id)
    if waits_for:
        task = replace(task, hold=task.hold | Hold.PARENT)
    elif not parents:
        key = cache_key(task.operation, task.params, task.snapshot)
        task = replace(task, cache_key=key)
    task = replace(task, status=Status.HELD) if task.hold else _cached(connection, task)
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


def _with_outputs(connection: Connection, task: Task, parent: Task) -> Task:
    """The task with the outputs of a completed parent in its parameters, and its cache key."""
    values = resolve_inputs(connection, task, parent)
    if isinstance(values, Exception):
        raise InvalidInput(values.detail, field=next(iter(dict(references(task.params)))))
    return replace(task, **values)


def _cached(connection: Connection, task: Task) -> Task:
    """The task completed with the outputs of an equal one, where the cache has one."""
    equal = equal_done(connection, task)
    if equal is None:
        return task
    return replace(
        task,
        status=Status.COMPLETED,
        cached=True,
        outputs=equal.outputs,
        snapshot={**equal.snapshot, **task.snapshot, "cached_from": equal.id},
        finished_at=now(),
    )


def _write(connection: Connection, task: Task) -> Task:
    values: dict[str, Any] = {name: getattr(task, name) for name in Task.__slots__}
    del values["seq"], values["uploads"], values["auto_run"]
    values |= {"status": task.status.value, "hold": int(task.hold), "labels": dict(task.labels)}
    seq = connection.execute(INSERT, values).scalar_one()
    connection.execute(RANK, {"new": seq})
    if task.labels:
        rows = [{"seq": seq, "name": name, "value": value} for name, value in task.labels.items()]
        connection.execute(insert(task_labels), rows)
    return replace(task, seq=seq, rank=float(seq))
