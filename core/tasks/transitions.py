"""The transitions of tasks, as functions over one open transaction.

Each returns the changed tasks, to be announced after the commit. The condition of every UPDATE
names the states that it may start from (core/tasks/states.py), so a transition that is not allowed
changes no row. The same statements run on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from core.errors import ParentFailed, WorkerLost
from core.store.clock import timestamp as now
from core.store.documents import readable_rows
from core.store.schema import task_parents, tasks
from core.tasks.claim import Claim
from core.tasks.inputs import equal_done, resolve_inputs
from core.tasks.ordering import at_end
from core.tasks.states import ENDED, WAITING, Hold, Priority, Status, sources
from core.tasks.suspicion import record_deaths
from core.tasks.task import Task

Row = Mapping[str, Any]
FREE = {"owner": None, "lease_until": None}


def moving(condition: ColumnElement[bool], target: Status, **values: Any) -> ReturningUpdate[Any]:
    """The only statement that changes a status."""
    # An IN is written anew for every execution.
    allowed = or_(*(tasks.c.status == state.value for state in sources(target)))
    return (
        update(tasks)
        .where(condition, allowed)
        .values(status=target.value, version=tasks.c.version + 1, **values)
        .returning(tasks)
    )


# Statements of every task are built once: building one costs more than running it.
FIND = select(tasks).where(tasks.c.id == bindparam("task"))


COMPLETE = moving(
    and_(
        tasks.c.id == bindparam("held_task"),
        tasks.c.attempt == bindparam("held_attempt"),
        tasks.c.owner == bindparam("held_owner"),
    ),
    Status.COMPLETED,
    outputs=bindparam("new_outputs"),
    warnings=bindparam("new_warnings"),
    timings=bindparam("new_timings"),
    snapshot=bindparam("new_snapshot"),
    finished_at=bindparam("moment"),
    checkpoint=None,
    hold=0,
    **FREE,
)
CHILDREN = select(tasks).where(
    tasks.c.id.in_(
        select(task_parents.c.child).where(task_parents.c.parent == bindparam("of_parent"))
    ),
    tasks.c.status == Status.HELD.value,
)


def move(
    connection: Connection, condition: ColumnElement[bool], target: Status, **values: Any
) -> list[Task]:
    """Change the status of tasks whose transition is allowed."""
    return changed_tasks(connection, moving(condition, target, **values))


def changed_tasks(
    connection: Connection, statement: ReturningUpdate[Any], values: Row | None = None
) -> list[Task]:
    """The tasks that a statement changed."""
    result = connection.execute(statement, values)
    names = tuple(result.keys())  # a row as a mapping looks each of its columns up
    return [Task.from_row(dict(zip(names, row, strict=True))) for row in result]


def revise(connection: Connection, condition: ColumnElement[bool], **values: Any) -> list[Task]:
    """Change columns, but not the status."""
    changes = update(tasks).where(condition).values(version=tasks.c.version + 1, **values)
    return changed_tasks(connection, changes.returning(tasks))


def find(connection: Connection, task_id: str) -> Task | None:
    """One task, or None."""
    rows = readable_rows(connection.execute(FIND, {"task": task_id}).mappings())
    return next(map(Task.from_row, rows), None)


def complete(
    connection: Connection,
    held: Claim,
    outputs: Sequence[Row],
    warnings: Sequence[Row],
    timings: Mapping[str, float],
    snapshot: Mapping[str, Any],
    store: Callable[[], None] = lambda: None,
) -> list[Task]:
    """Complete a task and release its children; changes nothing if the claim is not valid.

    `store` writes the rows of the outputs, which children read; called only if the claim is valid.
    """
    values = {
        "held_task": held.task_id,
        "held_attempt": held.attempt,
        "held_owner": held.owner,
        "new_outputs": list(outputs),
        "new_warnings": list(warnings),
        "new_timings": dict(timings),
        "new_snapshot": dict(snapshot),
        "moment": now(),
    }
    done = changed_tasks(connection, COMPLETE, values)
    if done:
        store()
    return done + [child for parent in done for child in release_children(connection, parent)]


def fail(connection: Connection, condition: ColumnElement[bool], error: Row) -> list[Task]:
    """Fail tasks, and with them the tasks that wait for their outputs."""
    ended = move(
        connection, condition, Status.FAILED, error=dict(error), finished_at=now(), hold=0, **FREE
    )
    return ended + end_children(connection, ended)


def cancel(connection: Connection, condition: ColumnElement[bool]) -> list[Task]:
    """Cancel tasks, and with them the tasks that wait for their outputs."""
    ended = move(connection, condition, Status.CANCELLED, finished_at=now(), hold=0, **FREE)
    return ended + end_children(connection, ended)


def lose(connection: Connection, held: Claim, reason: str, tries: int) -> list[Task]:
    """Put back a task whose worker died, or fail it after `tries` attempts."""
    task = find(connection, held.task_id)
    if task is not None and task.cancel_requested:
        return cancel(connection, held.condition())
    if held.attempt < tries:
        return put_back(connection, held.condition())
    detail = (
        f"The worker stopped while it ran this task ({reason}); it was tried {held.attempt} times."
    )
    fix = "Try a smaller size or another model."
    return fail(connection, held.condition(), WorkerLost(detail, fix=fix).record())


def release(connection: Connection, held: Claim, checkpoint: str | None) -> list[Task]:
    """Put back a task that yielded or was stopped with the studio; the attempt does not count."""
    values: dict[str, Any] = {} if checkpoint is None else {"checkpoint": checkpoint}
    return put_back(connection, held.condition(), attempt=tasks.c.attempt - 1, **values)


def put_back(connection: Connection, condition: ColumnElement[bool], **values: Any) -> list[Task]:
    """Make running tasks pending again; those that were put on hold meanwhile are held."""
    waiting = move(connection, condition, Status.PENDING, **values, **FREE)
    paused = [task.id for task in waiting if task.hold]
    held = move(connection, tasks.c.id.in_(paused), Status.HELD) if paused else []
    return [task for task in waiting if not task.hold] + held


def recover(
    connection: Connection, abandoned: ColumnElement[bool], *, count: bool = False
) -> list[Task]:
    """Put back the tasks of dead servers.

    A death of the server is not the attempt of a task. `count` keeps the number of the attempt all
    the same, where the server may live and still report about it. A task that was the only one at
    several deaths goes last in the queue.
    """
    running = and_(abandoned, tasks.c.status == Status.RUNNING.value)
    suspects = record_deaths(connection, running)
    attempt = tasks.c.attempt - (0 if count else 1)
    changed = cancel(connection, and_(running, tasks.c.cancel_requested.is_(True)))
    for task_id in suspects:
        task = find(connection, task_id)
        if task is not None and task.status is Status.RUNNING:
            place = at_end(connection, replace(task, priority=max(Priority)), "bottom")
            values = {"attempt": attempt, "priority": place.priority, "rank": place.rank}
            changed += put_back(connection, tasks.c.id == task_id, **values)
    return changed + put_back(connection, running, attempt=attempt)


def release_children(connection: Connection, parent: Task) -> list[Task]:
    """Fill the outputs of a completed task into its children; release those without open inputs."""
    changed: list[Task] = []
    for child in children(connection, parent.id):
        values = resolve_inputs(connection, child, parent)
        if isinstance(values, ParentFailed):
            changed += fail(connection, tasks.c.id == child.id, values.record())
            continue
        waits = bool(unfinished_parents(connection, child.id))
        hold = child.hold if waits else child.hold & ~Hold.PARENT
        if hold:
            changed += revise(connection, tasks.c.id == child.id, hold=int(hold), **values)
        else:
            changed += move(connection, tasks.c.id == child.id, Status.PENDING, hold=0, **values)
    return changed + [
        cached for task in changed for cached in complete_from_cache(connection, task)
    ]


def complete_from_cache(connection: Connection, task: Task) -> list[Task]:
    """Complete a pending task with the outputs of an equal one, where the cache may be used."""
    equal = equal_done(connection, task) if task.status is Status.PENDING else None
    if equal is None:
        return []
    completed = move(
        connection,
        tasks.c.id == task.id,
        Status.COMPLETED,
        cached=True,
        outputs=equal.outputs,
        snapshot={**equal.snapshot, **task.snapshot, "cached_from": equal.id},
        finished_at=now(),
    )
    return completed + [
        child for parent in completed for child in release_children(connection, parent)
    ]


def children(connection: Connection, parent: str) -> list[Task]:
    """The held tasks that wait for a task."""
    rows = connection.execute(CHILDREN, {"of_parent": parent})
    return [Task.from_row(row) for row in rows.mappings().all()]


def unfinished_parents(connection: Connection, child: str) -> list[str]:
    """The parents of a task that are not completed."""
    statement = (
        select(tasks.c.id)
        .join(task_parents, task_parents.c.parent == tasks.c.id)
        .where(task_parents.c.child == child, tasks.c.status != Status.COMPLETED.value)
    )
    return list(connection.execute(statement).scalars())


def end_children(connection: Connection, ended: Sequence[Task]) -> list[Task]:
    """End the tasks that wait for failed or cancelled ones, in the same way."""
    changed: list[Task] = []
    for parent in ended:
        ids = [child.id for child in children(connection, parent.id)]
        if not ids:
            continue
        condition = tasks.c.id.in_(ids)
        if parent.status is Status.CANCELLED:
            changed += cancel(connection, condition)
        else:
            why = (parent.error or {}).get("detail", "")
            error = ParentFailed(f"The step before it ({parent.operation}) failed: {why}")
            changed += fail(connection, condition, error.record())
    return changed


def pause(connection: Connection, condition: ColumnElement[bool], reason: Hold) -> list[Task]:
    """Add a reason to hold running tasks: they are held once they have yielded."""
    running = and_(condition, tasks.c.status == Status.RUNNING.value)
    return revise(connection, running, hold=tasks.c.hold.bitwise_or(int(reason)))


def unpause(connection: Connection, condition: ColumnElement[bool], reason: Hold) -> list[Task]:
    """Remove a reason of `pause` before the task has yielded."""
    running = and_(condition, tasks.c.status == Status.RUNNING.value)
    return revise(connection, running, hold=tasks.c.hold.bitwise_and(~int(reason)))


def hold(connection: Connection, condition: ColumnElement[bool], reason: Hold) -> list[Task]:
    """Add a reason to hold tasks."""
    held = tasks.c.hold.bitwise_or(int(reason))
    fresh = move(connection, condition, Status.HELD, hold=held)
    more = and_(
        condition,
        tasks.c.status == Status.HELD.value,
        tasks.c.hold.bitwise_and(int(reason)) == 0,
    )
    return fresh + revise(connection, more, hold=held)


def lift(connection: Connection, condition: ColumnElement[bool], reason: Hold) -> list[Task]:
    """Remove a reason; tasks without any other become pending."""
    has = and_(
        condition,
        tasks.c.status == Status.HELD.value,
        tasks.c.hold.bitwise_and(int(reason)) != 0,
    )
    rest = tasks.c.hold.bitwise_and(~int(reason))
    freed = move(connection, and_(has, rest == 0), Status.PENDING, hold=0)
    return freed + revise(connection, and_(has, rest != 0), hold=rest)


def retry(connection: Connection, task: Task) -> list[Task]:
    """Queue an ended task again, with its ended parents and the children that ended with it."""
    fresh: dict[str, Any] = {
        "attempt": 0,
        "error": None,
        "outputs": [],
        "timings": {},
        "cancel_requested": False,
        "started_at": None,
        "finished_at": None,
    }
    changed: list[Task] = []
    for parent_id in unfinished_parents(connection, task.id):
        parent = find(connection, parent_id)
        if parent is not None and parent.ended:
            changed += retry(connection, parent)
    waits = bool(unfinished_parents(connection, task.id))
    hold_value = Hold.PARENT if waits else Hold.NONE
    target = Status.HELD if waits else Status.PENDING
    condition = and_(tasks.c.id == task.id, tasks.c.status.in_([state.value for state in ENDED]))
    retried = move(connection, condition, target, hold=int(hold_value), **fresh)
    changed += retried
    for retried_task in retried:
        for child in _ended_with(connection, retried_task):
            changed += retry(connection, child)
    return changed


def retry_all(connection: Connection, condition: ColumnElement[bool]) -> list[Task]:
    """Queue the ended tasks of a condition again; those of one family are retried once."""
    changed: dict[str, Task] = {}
    for task_id in list(connection.scalars(select(tasks.c.id).where(condition))):
        task = None if task_id in changed else find(connection, task_id)
        if task is not None:
            changed |= {retried.id: retried for retried in retry(connection, task)}
    return list(changed.values())


def _ended_with(connection: Connection, parent: Task) -> list[Task]:
    """The children that ended only because `parent` did."""
    statement = (
        select(tasks)
        .join(task_parents, task_parents.c.child == tasks.c.id)
        .where(
            task_parents.c.parent == parent.id,
            tasks.c.started_at.is_(None),
            or_(
                tasks.c.status == Status.CANCELLED.value,
                and_(
                    tasks.c.status == Status.FAILED.value,
                    tasks.c.error["code"].as_string() == ParentFailed.code,
                ),
            ),
        )
    )
    return [Task.from_row(row) for row in connection.execute(statement).mappings().all()]


def waiting(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Narrow a condition to tasks that have not started."""
    return and_(condition, tasks.c.status.in_([state.value for state in WAITING]))
