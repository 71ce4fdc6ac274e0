"""The order of waiting tasks: places before and after others, at the top and bottom of a band.

The column `rank` holds the order within a priority band. A submitted task has its sequence number;
a moved one gets a number between those of its neighbours. Where no number is left between them,
the ranks of the band are spread once. Functions over one open transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, update

from core.store.schema import tasks
from core.tasks.states import WAITING
from core.tasks.task import Task

End = Literal["top", "bottom"]
SPREAD = update(tasks).where(tasks.c.seq == bindparam("of")).values(rank=bindparam("new_rank"))


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the queue: a priority band, and a rank in it."""

    priority: int
    rank: float


def beside(connection: Connection, moved: Task, other: Task, *, after: bool) -> Place:
    """The place directly before or after `other`, in the band of `other`."""
    rank = _rank_beside(connection, moved, other.priority, other.rank, after=after)
    if rank is None:
        ranks = _spread(connection, other.priority)
        rank = _rank_beside(connection, moved, other.priority, ranks[other.seq], after=after)
        assert rank is not None  # spread ranks are whole numbers that differ
    return Place(other.priority, rank)


def at_end(connection: Connection, moved: Task, end: End) -> Place:
    """The first or the last place of the task's band."""
    bottom = end == "bottom"
    edge = func.max(tasks.c.rank) if bottom else func.min(tasks.c.rank)
    others = and_(_waiting_in(moved.priority), tasks.c.seq != moved.seq)
    rank = connection.execute(select(edge).where(others)).scalar()
    if rank is None:  # alone in its band
        return Place(moved.priority, moved.rank)
    seq = select(tasks.c.seq).where(others, tasks.c.rank == rank).limit(1)
    row = connection.execute(select(tasks).where(tasks.c.seq == seq.scalar_subquery())).mappings()
    return beside(connection, moved, Task.from_row(row.one()), after=bottom)


def _rank_beside(
    connection: Connection, moved: Task, priority: int, rank: float, *, after: bool
) -> float | None:
    """A rank between `rank` and its neighbour in the band; None where no number is left."""
    others = and_(_waiting_in(priority), tasks.c.seq != moved.seq)
    if after:
        lower: float = rank
        nearest = select(func.min(tasks.c.rank)).where(others, tasks.c.rank > rank)
        upper = connection.execute(nearest).scalar()
        if upper is None:  # before every task that is submitted later
            upper = connection.execute(select(func.max(tasks.c.seq))).scalar_one() + 1.0
    else:
        upper = rank
        nearest = select(func.max(tasks.c.rank)).where(others, tasks.c.rank < rank)
        before = connection.execute(nearest).scalar()
        lower = upper - 2.0 if before is None else before
    middle = (lower + upper) / 2
    return middle if lower < middle < upper else None


def _spread(connection: Connection, priority: int) -> dict[int, float]:
    """Give the waiting tasks of a band whole numbers as ranks, in their order; return them.

    They are their own sequence numbers: unique, and lower than that of any later task.
    """
    order = select(tasks.c.seq).where(_waiting_in(priority)).order_by(tasks.c.rank, tasks.c.seq)
    numbers = list(connection.scalars(order))
    ranks = dict(zip(numbers, map(float, sorted(numbers)), strict=True))
    rows = [{"of": number, "new_rank": rank} for number, rank in ranks.items()]
    connection.execute(SPREAD, rows)
    return ranks


def _waiting_in(priority: int) -> ColumnElement[bool]:
    states = [status.value for status in WAITING]
    return and_(tasks.c.status.in_(states), tasks.c.priority == priority)
