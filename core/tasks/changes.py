"""Changes of a waiting task: its parameters, its place in the queue, its holds.

Functions over one open transaction, so that a request with several changes is applied whole or not
at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from core.errors import Conflict, NotFound
from core.store.asset_rows import insert_asset
from core.store.schema import tasks
from core.tasks import listing, transitions
from core.tasks.states import WAITING, Hold
from core.tasks.task import Task, references


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    """A request to change a waiting task. Fields that are not set change nothing.

    `revised`: the task with other parameters, resolved anew. `priority`: another band, where the
    task takes its place by the order of submission. `before`: the id of the waiting task that shall
    run after this one. `hold`, `lift`: reasons to add and to remove.
    """

    revised: Task | None = None
    priority: int | None = None
    before: str | None = None
    hold: Hold = Hold.NONE
    lift: Hold = Hold.NONE


def apply(connection: Connection, task_id: str, change: TaskChange) -> list[Task]:
    """Apply a change; return every changed task once, in its last state.

    Raises `NotFound` for an unknown task, `Conflict` for one that has started.
    """
    task = _waiting(connection, task_id)
    changed: list[Task] = []
    if change.revised is not None:
        changed += _revise(connection, task, change.revised)
    if change.priority is not None:
        changed += transitions.revise(
            connection, tasks.c.id == task_id, priority=int(change.priority), rank=float(task.seq)
        )
    if change.before is not None:
        changed += _move_before(connection, task_id, _waiting(connection, change.before))
    if change.hold:
        changed += transitions.hold(connection, tasks.c.id == task_id, change.hold)
    if change.lift:
        changed += transitions.lift(connection, tasks.c.id == task_id, change.lift)
    return list({task.id: task for task in changed}.values())


def _waiting(connection: Connection, task_id: str) -> Task:
    task = transitions.find(connection, task_id)
    if task is None:
        raise NotFound(f"There is no task {task_id!r}.")
    if task.status not in WAITING:
        raise Conflict(f"The task is {task.status.value}: only a waiting one can be changed.")
    return task


def _revise(connection: Connection, task: Task, revised: Task) -> list[Task]:
    if references(revised.params) != references(task.params):
        raise Conflict(
            "An input of the task arrived while its parameters were changed.",
            fix="Send the change again.",
        )
    for asset in revised.uploads:
        insert_asset(connection, asset)
    return transitions.revise(
        connection,
        tasks.c.id == task.id,
        params=dict(revised.params),
        snapshot=dict(revised.snapshot),
        warnings=revised.warnings,
        cache_key=revised.cache_key,
    )


def _move_before(connection: Connection, task_id: str, other: Task) -> list[Task]:
    changed: list[Task] = []
    rank = listing.rank_before(connection, other)
    if rank is None:
        ranks = listing.spread_ranks(connection, other.priority)
        for waiting_id, spread in ranks.items():
            changed += transitions.revise(connection, tasks.c.id == waiting_id, rank=spread)
        previous = max(spread for spread in ranks.values() if spread < ranks[other.id])
        rank = (previous + ranks[other.id]) / 2
    place = {"priority": other.priority, "rank": rank}
    return changed + transitions.revise(connection, tasks.c.id == task_id, **place)
