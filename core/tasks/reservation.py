"""A free worker that is kept for new tasks: one is claimed in the transaction that stores them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from core.tasks.states import Status
from core.tasks.task import Task


@dataclass(frozen=True, slots=True, eq=False)
class Reservation:
    """The free worker of a lane.

    `claim` claims the next task of the lane, with those that run together with it. `claimed` is
    set to these tasks, or to none, in any case: until then no other task of the lane starts.
    """

    lane: str
    claim: Callable[[Connection], list[Task]]
    claimed: asyncio.Future[list[Task]]

    def use(self, connection: Connection, added: Sequence[Task]) -> list[Task]:
        """Claim a task, if one of those that were `added` may start."""
        starts = any(task.status is Status.PENDING and task.lane == self.lane for task in added)
        return self.claim(connection) if starts else []


Reserve = Callable[[Sequence[Task]], Reservation | None]
"""Keep a worker for new tasks; None where none is free, or where other tasks wait for it."""
