"""Claims of waiting tasks, as functions over one open transaction.

As in core/tasks/transitions.py, the conditions name the states that a statement may start from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select
from sqlalchemy.sql.dml import ReturningUpdate

from core.store.clock import timestamp as now
from core.store.schema import tasks
from core.tasks.states import Status
from core.tasks.suspicion import suspected
from core.tasks.task import Task
from core.tasks.transitions import changed_tasks, move, moving


def _claiming(*more: ColumnElement[bool]) -> ReturningUpdate[Any]:
    waiting = (tasks.c.status == Status.PENDING.value, tasks.c.lane == bindparam("in_lane"))
    first = (
        select(tasks.c.id)
        .where(*waiting, *more)
        .order_by(tasks.c.priority, tasks.c.rank, tasks.c.seq)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return moving(
        tasks.c.id == first,
        Status.RUNNING,
        attempt=tasks.c.attempt + 1,
        owner=bindparam("new_owner"),
        device=bindparam("new_device"),
        lease_until=bindparam("new_lease"),
        started_at=bindparam("moment"),
        cancel_requested=False,
    )


CLAIM = _claiming()
CLAIM_AMONG = _claiming(tasks.c.operation.in_(bindparam("among", expanding=True)))


def claim(
    connection: Connection,
    lane: str,
    owner: str,
    lease_until: float,
    device: str | None = None,
    among: Collection[str] | None = None,
) -> Task | None:
    """Claim the next task of a lane: one conditional UPDATE that raises the attempt.

    `among`: the operations to choose from; None: all.
    """
    values: dict[str, Any] = {
        "in_lane": lane,
        "new_owner": owner,
        "new_lease": lease_until,
        "new_device": device,
        "moment": now(),
    }
    if among is not None:
        claimed = changed_tasks(connection, CLAIM_AMONG, {**values, "among": sorted(among)})
    else:
        claimed = changed_tasks(connection, CLAIM, values)
    return claimed[0] if claimed else None


def claim_together(
    connection: Connection,
    lane: str,
    owner: str,
    lease_until: float,
    device: str | None = None,
    among: Collection[str] | None = None,
    more: Callable[[Connection, Task], list[Task]] | None = None,
) -> list[Task]:
    """As `claim`, with the tasks that `more` claims to run together with it; empty without one."""
    task = claim(connection, lane, owner, lease_until, device, among)
    return [] if task is None else [task, *(more(connection, task) if more else ())]


def claim_more(
    connection: Connection,
    first: Task,
    limit: int,
    compatible: Callable[[Sequence[Task]], list[Task]],
) -> list[Task]:
    """Claim up to `limit` of the tasks that follow a claimed one, for the same owner.

    `compatible` chooses among them. A task that may have ended a server is not among them.
    """
    following = (
        select(tasks)
        .where(
            tasks.c.status == Status.PENDING.value,
            tasks.c.lane == first.lane,
            tasks.c.id.not_in(suspected(connection)),
        )
        .order_by(tasks.c.priority, tasks.c.rank, tasks.c.seq)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(following).mappings().all()
    chosen = compatible([Task.from_row(row) for row in rows])
    claimed = move(
        connection,
        tasks.c.id.in_([task.id for task in chosen]),
        Status.RUNNING,
        attempt=tasks.c.attempt + 1,
        owner=first.owner,
        device=first.device,
        lease_until=first.lease_until,
        started_at=first.started_at,
        cancel_requested=False,
    )
    return sorted(claimed, key=lambda task: (task.rank, task.seq))
