"""The persistent queue: every request of the dispatcher and of clients, each in one transaction.

The transitions are in core/tasks/transitions.py. This module opens transactions; after each commit
it calls the listener with the changed tasks and publishes to the dispatchers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, true, update

from core.errors import Conflict, NotFound, StorageUnavailable
from core.store.database import Database
from core.store.schema import tasks
from core.tasks import changes, claiming, listing, run_log, transitions
from core.tasks.changes import TaskChange
from core.tasks.claim import Claim
from core.tasks.insertion import Insertion, insert_all
from core.tasks.listing import SortOrder, TaskFilter, TaskPage
from core.tasks.notifier import Notifier, Topic
from core.tasks.queue_settings import QueueSettings, read_settings, write_settings
from core.tasks.request_key import RequestKey
from core.tasks.reservation import Reservation, Reserve
from core.tasks.states import Hold, Status
from core.tasks.task import Task
from core.worker.protocol import Logged

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
        self.reserve: Reserve = lambda _: None
        """Set by the dispatcher that shall start new tasks at once."""

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
            elif task.status is Status.RUNNING and task.hold:
                self._notifier.publish(Topic.HOLD, task.id)

    # Adding and reading

    async def add(self, new: Sequence[Task], key: RequestKey | None = None) -> list[Task]:
        """Store new tasks, all or none, and return one task per row, in order.

        A row whose idempotency key is stored returns the stored task. `key` is that of the request
        that all rows belong to; raises `KeyReused` where another request has it.
        """
        reservation = self.reserve(new)
        if reservation is not None:
            return await self._add_and_start(new, key, reservation)
        insertion = await self._database.write(lambda connection: insert_all(connection, new, key))
        self._announce(insertion.added)
        return insertion.tasks

    async def _add_and_start(
        self, new: Sequence[Task], key: RequestKey | None, reservation: Reservation
    ) -> list[Task]:
        """Store new tasks and claim one of them in one transaction.

        The claimed one starts while the commit waits for the disk: after a power loss it is gone,
        and this has not returned.
        """

        def work(connection: Connection) -> Insertion:
            insertion = insert_all(connection, new, key)
            return replace(insertion, claimed=reservation.use(connection, insertion.added))

        try:
            committed, stored = self._database.submit(work)
        except StorageUnavailable:
            reservation.claimed.set_result([])
            raise
        # Not awaited here: a caller that goes away must not keep the claimed task from starting.
        committed.add_done_callback(partial(self._announce_claimed, reservation))
        return (await stored).tasks

    def _announce_claimed(
        self, reservation: Reservation, committed: asyncio.Future[Insertion]
    ) -> None:
        insertion = Insertion([], []) if committed.exception() else committed.result()
        claimed = {task.id for task in insertion.claimed}
        try:
            for task in insertion.added:
                if task.id in claimed:
                    self._listener(task)
                else:
                    self._announce([task])
            self._announce(insertion.claimed)
        finally:
            reservation.claimed.set_result(insertion.claimed)

    async def get(self, task_id: str) -> Task:
        """One task; raises `NotFound`."""
        task = await self._database.read(lambda connection: transitions.find(connection, task_id))
        if task is None:
            raise NotFound(f"There is no task {task_id!r}.")
        return task

    async def page(
        self,
        wanted: TaskFilter,
        limit: int = 50,
        cursor: str | None = None,
        order: SortOrder = "newest",
    ) -> TaskPage:
        """A page of the tasks that match a filter."""
        return await self._database.read(
            lambda connection: listing.page(connection, wanted, limit, cursor, order)
        )

    async def counts(self) -> dict[str, int]:
        """The number of tasks in each state."""
        return await self._database.read(listing.counts)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a query of core/tasks/listing.py."""
        return await self._database.read(work)

    # For the dispatcher

    async def claim(
        self,
        lane: str,
        owner: str,
        lease_until: float,
        device: str | None = None,
        among: Collection[str] | None = None,
        more: Callable[[Connection, Task], list[Task]] | None = None,
    ) -> list[Task]:
        """Claim the next task of a lane for `device`; empty when no task waits.

        `among`: the operations to choose from; None: all. `more` claims those that run together
        with it. A power loss may take the claim back: nothing runs after it, so the task is
        pending again.
        """
        arguments = (lane, owner, lease_until, device, among, more)
        return await self._change(
            lambda connection: claiming.claim_together(connection, *arguments), durable=False
        )

    async def renew(self, claims: Iterable[Claim], lease_until: float) -> None:
        """Extend the leases of claims that are still valid."""
        owners = [claim.owner for claim in claims]
        running = tasks.c.status == Status.RUNNING.value
        statement = (
            update(tasks).where(tasks.c.owner.in_(owners), running).values(lease_until=lease_until)
        )
        await self._database.write(lambda connection: connection.execute(statement))

    async def log(self, report: Logged) -> None:
        """Store rows of a run's log; a full disk, which stops the run itself, loses them."""
        with suppress(StorageUnavailable):
            await self._database.write(lambda connection: run_log.store(connection, report))

    async def end(self, work: Work) -> list[Task]:
        """Store results: `work` writes their rows and ends the task, as a last transition."""
        return await self._change(work)

    async def fail(self, held: Claim, error: Mapping[str, Any]) -> list[Task]:
        """Fail a running task."""
        return await self._change(lambda c: transitions.fail(c, held.condition(), error))

    async def lost(self, held: Claim, reason: str, tries: int) -> list[Task]:
        """Put back a task whose worker died; fail it after `tries` attempts."""
        return await self._change(lambda c: transitions.lose(c, held, reason, tries))

    async def release(self, held: Claim, checkpoint: str | None = None) -> list[Task]:
        """Put back a task that yielded or was stopped with the studio, without a lost attempt."""
        return await self._change(lambda c: transitions.release(c, held, checkpoint))

    async def recover(self, abandoned: ColumnElement[bool] | None = None) -> list[Task]:
        """Put back the running tasks of dead servers: those of a condition, or all."""
        condition = true() if abandoned is None else abandoned
        count = abandoned is not None
        return await self._change(lambda c: transitions.recover(c, condition, count=count))

    # For users

    async def cancel(self, task_id: str) -> Task:
        """Cancel a waiting task at once; mark a running one, which its worker then stops."""

        await self._change(lambda c: _cancel(c, tasks.c.id == task_id))
        return await self.get(task_id)

    async def cancel_all(self, wanted: TaskFilter) -> list[Task]:
        """Cancel the waiting tasks of a filter and mark the running ones."""

        return await self._change(lambda c: _cancel(c, wanted.condition()))

    async def retry(self, task_id: str) -> Task:
        """Queue a failed or cancelled task again, with those that ended because of it."""
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

    async def remove(self, work: Callable[[Connection, int], int], limit: int) -> int:
        """Remove up to `limit` rows of ended tasks in one transaction; return their number."""
        return await self._database.write(lambda connection: work(connection, limit))

    async def retry_all(self, wanted: TaskFilter) -> list[Task]:
        """Queue the failed tasks of a filter again; return those that were queued."""

        def work(connection: Connection) -> list[Task]:
            failed = and_(wanted.condition(), tasks.c.status == Status.FAILED.value)
            return transitions.retry_all(connection, failed)

        return await self._change(work)

    async def hold_all(self, wanted: TaskFilter) -> list[Task]:
        """Hold the waiting tasks of a filter for the reason `user`; return the changed ones."""

        def work(connection: Connection) -> list[Task]:
            return transitions.hold(connection, transitions.waiting(wanted.condition()), Hold.USER)

        return await self._change(work)

    async def lift_holds(self, wanted: TaskFilter) -> list[Task]:
        """Lift the hold `user` of the tasks of a filter; return the changed ones."""
        return await self._change(lambda c: changes.lift(c, wanted.condition(), Hold.USER))

    # Settings

    async def settings(self) -> QueueSettings:
        """The settings of the queue, which survive a restart."""
        return await self._database.read(read_settings)

    async def configure(self, **values: Any) -> None:
        """Change settings, on every server of the queue. While it is paused running tasks go on."""
        await self._database.write(lambda connection: write_settings(connection, **values))
        if "paused" in values:
            self._notifier.publish(Topic.PAUSE if values["paused"] else Topic.RESUME)
        self._notifier.publish(Topic.SETTINGS)


def _cancel(connection: Connection, condition: ColumnElement[bool]) -> list[Task]:
    running = and_(condition, tasks.c.status == Status.RUNNING.value)
    return [
        *transitions.cancel(connection, transitions.waiting(condition)),
        *transitions.revise(connection, running, cancel_requested=True),
    ]
