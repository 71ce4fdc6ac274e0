"""Claims the tasks that a lane's free worker runs next: one, or a batch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection

from core.errors import StorageUnavailable
from core.identifiers import new_id
from core.tasks import claiming
from core.tasks.batches import Batches
from core.tasks.claim import Claim
from core.tasks.estimate import Estimates
from core.tasks.queue import Queue
from core.tasks.running import RunningTask
from core.tasks.task import Task
from core.worker.executor import Executor


@dataclass(frozen=True, slots=True)
class Slot:
    """A free worker, as the owner of a claim."""

    owner: str
    lease_until: float
    device: dict[str, Any]

    @property
    def device_name(self) -> str | None:
        """The name of its device."""
        return self.device.get("name")

    def running(self, claimed: Sequence[Task], estimates: Estimates) -> list[RunningTask]:
        """The tasks that were claimed for it."""
        return [
            RunningTask(
                task,
                Claim(task.id, task.attempt, self.owner),
                estimates,
                self.device,
                len(claimed),
            )
            for task in claimed
        ]


class Claimer:
    """The claims of one server."""

    def __init__(
        self,
        queue: Queue,
        executor: Executor,
        estimates: Estimates,
        lease_seconds: float,
        short_operations: Callable[[str], frozenset[str] | None] | None,
        batches: Batches | None,
    ) -> None:
        """See `Dispatcher`."""
        self._queue = queue
        self._executor = executor
        self._estimates = estimates
        self._lease_seconds = lease_seconds
        self._short_operations = short_operations
        self._batches = batches
        self._server = new_id()
        self._claims = 0

    async def claim(self, lane: str, among: frozenset[str] | None) -> list[RunningTask]:
        """The next task of a lane that has a free worker, with those that run together with it."""
        slot = self._slot(lane)
        claim = asyncio.ensure_future(
            self._queue.claim(
                lane, slot.owner, slot.lease_until, slot.device_name, among, self._more(lane)
            )
        )
        try:
            claimed = await asyncio.shield(claim)
        except asyncio.CancelledError:  # the studio stops, but the claim may be committed
            with suppress(StorageUnavailable):  # it would hide the cancellation; nothing is claimed
                for task in await claim:
                    await self._queue.release(Claim(task.id, task.attempt, slot.owner))
            raise
        return slot.running(claimed, self._estimates)

    def claim_new(self, lane: str) -> tuple[Slot, Callable[[Connection], list[Task]]]:
        """As `claim`, of all operations, within the transaction that stores new tasks.

        Returns the slot, and the claim as a function of that transaction.
        """
        slot = self._slot(lane)
        arguments = (lane, slot.owner, slot.lease_until, slot.device_name, None, self._more(lane))
        return slot, lambda connection: claiming.claim_together(connection, *arguments)

    def _slot(self, lane: str) -> Slot:
        self._claims += 1
        return Slot(
            owner=f"{self._server}:{self._claims}",
            lease_until=time.time() + self._lease_seconds,
            device=dict(self._executor.lanes()[lane].next_device or {}),
        )

    def claimable(self, lane: str) -> frozenset[str] | None:
        """The operations that may start; None for all. The last worker is for short ones."""
        state = self._executor.lanes()[lane]
        if "index" in (state.next_device or {}):  # no device stays free while work waits
            return None
        last = state.concurrency > 1 and state.free + state.idle <= 1
        return self._short_operations(lane) if last and self._short_operations else None

    def _more(self, lane: str) -> Callable[[Connection, Task], list[Task]] | None:
        """A claim of the tasks that run together with a claimed one; None where each runs alone.

        Beside another free worker they do: on two devices they end earlier.
        """
        state, batches = self._executor.lanes()[lane], self._batches
        if batches is None or state.free > 1:
            return None
        kind = str((state.next_device or {}).get("kind", ""))

        def more(connection: Connection, task: Task) -> list[Task]:
            others = batches.size(task, kind) - 1
            if others < 1:
                return []
            compatible = partial(batches.compatible, task)
            return claiming.claim_more(connection, task, others, compatible)

        return more
