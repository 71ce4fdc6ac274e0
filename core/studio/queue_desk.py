"""The queue as a desk: edited, repeated and released tasks, and numbered snapshots of it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from core.errors import NotFound, TaskChanged
from core.events import EventBus
from core.studio.status import StudioStatus
from core.studio.task_service import TaskService
from core.tasks import snapshot
from core.tasks.changes import TaskChange
from core.tasks.estimate import Estimates
from core.tasks.queue import Queue
from core.tasks.repetition import SeedRule, repetitions
from core.tasks.submission import Submission
from core.tasks.task import Task
from core.worker.executor import Executor

REVISIONS = 3  # tries to change the parameters of a task that others change at the same time


class QueueDesk:
    """Actions of users on waiting and ended tasks, for every API."""

    def __init__(
        self,
        queue: Queue,
        submission: Submission,
        tasks: TaskService,
        status: StudioStatus,
        executor: Executor,
        estimates: Estimates,
        bus: EventBus,
        yields: Callable[[str], bool],
    ) -> None:
        """`yields`: True for the name of an operation whose running tasks can be paused."""
        self._executor = executor
        self._queue = queue
        self._submission = submission
        self._tasks = tasks
        self._status = status
        self._estimates = estimates
        self._bus = bus
        self._yields = yields

    async def restart_workers(self, lane: str) -> None:
        """End the workers of a lane and start them again. Raises `NotFound`."""
        if lane not in self._executor.lanes():
            raise NotFound(f"There is no lane {lane!r}.")
        await self._executor.restart(lane)

    async def change(
        self, task_id: str, change: TaskChange, params: Mapping[str, Any] | None = None
    ) -> Task:
        """Change a waiting task, all or nothing; `params` replace those of the same names.

        A hold also pauses a running task of an operation that yields. Parameters are validated and
        resolved anew; snapshot, lane and cache key follow. Raises `NotFound`, `InvalidInput`,
        `Conflict` for a task that has started, `TaskChanged` where it has not the version of the
        change.
        """
        if params is None:
            if change.hold or change.lift:
                operation = (await self._queue.get(task_id)).operation
                change = replace(change, yields=self._yields(operation))
            return await self._queue.change(task_id, change)
        for attempt in range(1, REVISIONS + 1):
            await self._queue.change(task_id, TaskChange(version=change.version))
            revised = await self._submission.revised(task_id, params)
            try:
                return await self._queue.change(task_id, replace(change, revised=revised))
            except TaskChanged:
                if change.version is not None or attempt == REVISIONS:
                    raise
        raise AssertionError("unreachable")

    async def repeat(
        self,
        task_id: str,
        times: int = 1,
        seed: SeedRule = "new",
        params: Mapping[str, Any] | None = None,
    ) -> list[Task]:
        """Queue a task again, `times` of it, in one transaction; `params` replace its own.

        Raises `NotFound`, `InvalidInput`.
        """
        task = await self._queue.get(task_id)
        task = replace(task, params={**task.params, **(params or {})})
        return await self._submission.submit_many(
            task.operation, list(repetitions(task, times, seed))
        )

    async def snapshot(
        self, offset: int, limit: int, ended: int, *, cancelled: bool = False
    ) -> dict[str, Any]:
        """The queue at one moment, with the number of the last event that it includes.

        `waiting` holds up to `limit` waiting tasks from the place `offset` on, in their order, and
        `starts_in_seconds` an estimate for each; `ended` the tasks that ended last, `cancelled`
        ones only on request. All tasks are read in one transaction: a client that applies the
        events after `event_id` has the state of the server.
        """
        event_id = self._bus.last_id  # before the query: what follows may be in it as well
        state = await self._queue.read(
            lambda connection: snapshot.read(connection, offset, limit, ended, cancelled=cancelled)
        )
        running = [self._tasks.present(task) for task in state.running]
        seconds = sum((task["progress"] or {}).get("eta_seconds") or 0.0 for task in running)
        return {
            **await self._status.queue(),
            "event_id": event_id,
            **asdict(state.settings),
            "counts": state.counts,
            "running": running,
            "offset": offset,
            "waiting": [self._tasks.present(task) for task in state.waiting],
            "starts_in_seconds": snapshot.starts(state, seconds, self._estimates),
            "ended": [self._tasks.present(task) for task in state.ended],
        }
