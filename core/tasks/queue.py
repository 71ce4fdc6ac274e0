"""The persistent queue: what the dispatcher and the studio ask of it, each in one transaction.

Every change is committed before `listener` hears of it. What may change into what is decided in
core/tasks/transitions.py; this module only opens transactions and spreads the news.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, true, update

from core.errors import Conflict, NotFound
from core.store.database import Database
from core.store.schema import state, tasks
from core.tasks import changes, listing, transitions
from core.tasks.changes import TaskChange
from core.tasks.claim import Claim
from core.tasks.insertion import insert_all
from core.tasks.listing import PAUSED, Order, TaskFilter, TaskPage
from core.tasks.notifier import Notifier, Topic
from core.tasks.states import Status
from core.tasks.task import Task

T = TypeVar("T")
Work = Callable[[Connection], list[Task]]


class Queue:
    """All tasks of one database."""

    def __init__(
        self, database: Database, listener: Callable[[Task], None], notifier: Notifier
    ) -> None:
        self._database = database
        self._listener = listener
        self._notifier = notifier

    async def _change(self, work: Work, *, durable: bool = True) -> list[Task]:
        changed = await self._database.write(work, durable=durable)
        self._announce(changed)
        return changed

    def _announce(self, changed: Iterable[Task]) -> None:
        for task in changed:
            self._listener(task)
            if task.status is Status.PENDING:
                self._notifier.publish(Topic.PENDING, task.lane)
            elif task.status is Status.RUNNING and task.cancel_requested:
                self._notifier.publish(Topic.CANCEL, task.id)

    # What comes in, and what is there

    async def add(self, new: Sequence[Task]) -> list[Task]:
        """Store new tasks, all or none, and return one task per row, in order.

        A row whose idempotency key is stored returns the stored task.
        """
        insertion = await self._database.write(lambda connection: insert_all(connection, new))
        self._announce(insertion.added)
        return insertion.tasks

    async def get(self, task_id: str) -> Task:
        """One task; raises `NotFound`."""
        found = await self._database.read(lambda connection: transitions.find(connection, task_id))
        if found is None:
            raise NotFound(f"There is no task {task_id!r}.")
        return found

    async def page(
        self,
        wanted: TaskFilter,
        limit: int = 50,
        cursor: str | None = None,
        order: Order = "newest",
    ) -> TaskPage:
        """A part of the list of tasks."""
        return await self._database.read(
            lambda connection: listing.page(connection, wanted, limit, cursor, order)
        )

    async def counts(self) -> dict[str, int]:
        """How many tasks are in each state."""
        return await self._database.read(listing.counts)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Any other question from core/tasks/listing.py."""
        return await self._database.read(work)

    # What the dispatcher does

    async def claim(
        self,
        lane: str,
        owner: str,
        lease_until: float,
        device: str | None = None,
        among: Collection[str] | None = None,
    ) -> Task | None:
        """Take the next task of a lane for `device` (of the operations `among`, where given), or
        None when nothing waits.

        A power loss may take the claim back: after it nothing runs, so the task waits again.
        """
        claimed: list[Task] = []

        def work(connection: Connection) -> list[Task]:
            task = transitions.claim(connection, lane, owner, lease_until, device, among)
            claimed.extend([task] if task else [])
            return claimed

        await self._change(work, durable=False)
        return claimed[0] if claimed else None

    async def renew(self, claims: Iterable[Claim], lease_until: float) -> None:
        """Extend the leases of claims that are still valid."""
        owners = [claim.owner for claim in claims]
        running = tasks.c.status == Status.RUNNING.value
        statement = (
            update(tasks).where(tasks.c.owner.in_(owners), running).values(lease_until=lease_until)
        )
        await self._database.write(lambda connection: connection.execute(statement))

    async def complete(self, work: Work) -> list[Task]:
        """Accept a result; `work` writes its rows and ends with `transitions.complete`."""
        return await self._change(work)

    async def fail(self, held: Claim, error: Mapping[str, Any]) -> list[Task]:
        """A running task ended badly."""
        return await self._change(lambda c: transitions.fail(c, held.condition(), error))

    async def cancelled(self, held: Claim) -> list[Task]:
        """A running task stopped because that was asked."""
        return await self._change(lambda c: transitions.cancel(c, held.condition()))

    async def lost(self, held: Claim, reason: str, tries: int) -> list[Task]:
        """The worker died under a running task."""
        return await self._change(lambda c: transitions.lose(c, held, reason, tries))

    async def release(self, held: Claim, checkpoint: str | None = None) -> list[Task]:
        """A running task yielded, or the studio stops; the attempt does not count."""
        return await self._change(lambda c: transitions.release(c, held, checkpoint))

    async def recover(self, abandoned: ColumnElement[bool] | None = None) -> list[Task]:
        """Put back what a dead server was running; all of it unless a condition narrows."""
        condition = true() if abandoned is None else abandoned
        return await self._change(lambda c: transitions.recover(c, condition))

    # What users do

    async def cancel(self, task_id: str) -> Task:
        """Cancel: a waiting task at once; a running one is marked, its worker stops it."""

        def work(connection: Connection) -> list[Task]:
            one = tasks.c.id == task_id
            running = and_(one, tasks.c.status == Status.RUNNING.value)
            return [
                *transitions.cancel(connection, transitions.waiting(one)),
                *transitions.revise(connection, running, cancel_requested=True),
            ]

        await self._change(work)
        return await self.get(task_id)

    async def cancel_all(self, wanted: TaskFilter) -> list[Task]:
        """Cancel every waiting task of a filter and mark the running ones of it."""

        def work(connection: Connection) -> list[Task]:
            condition = wanted.condition()
            running = and_(condition, tasks.c.status == Status.RUNNING.value)
            return [
                *transitions.cancel(connection, transitions.waiting(condition)),
                *transitions.revise(connection, running, cancel_requested=True),
            ]

        return await self._change(work)

    async def retry(self, task_id: str) -> Task:
        """Queue a failed or cancelled task anew, with the steps it drags along."""
        task = await self.get(task_id)
        if task.status not in (Status.FAILED, Status.CANCELLED):
            raise Conflict(
                f"The task is {task.status.value}: only a failed or cancelled one can be retried."
            )
        await self._change(lambda c: transitions.retry(c, task))
        return await self.get(task_id)

    async def change(self, task_id: str, change: TaskChange) -> Task:
        """Change a waiting task, all or nothing. Raises `NotFound`, `Conflict`."""
        await self._change(lambda c: changes.apply(c, task_id, change))
        return await self.get(task_id)

    # Pause

    async def paused(self) -> bool:
        """True while the queue is paused; survives a restart."""
        return await self._database.read(listing.paused)

    async def set_paused(self, paused: bool) -> None:
        """Pause (running tasks go on) or resume, on every server of the queue."""

        def work(connection: Connection) -> None:
            connection.execute(delete(state).where(state.c.key == PAUSED))
            connection.execute(insert(state).values(key=PAUSED, value=paused))

        await self._database.write(work)
        self._notifier.publish(Topic.PAUSE if paused else Topic.RESUME)
