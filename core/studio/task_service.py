"""Submission, presentation and waiting: the part of the studio that every API needs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from core.history.labels import REPLAY, REPLAY_OF
from core.operations.declaration.registry import Registry
from core.studio.waiters import TaskWaiters
from core.tasks.dispatcher import Dispatcher
from core.tasks.fixes import fixes
from core.tasks.queue import Queue
from core.tasks.submission import Options, Submission
from core.tasks.task import Task


class TaskService:
    """Tasks for clients, whichever API they use."""

    def __init__(
        self,
        registry: Registry,
        submission: Submission,
        queue: Queue,
        dispatcher: Dispatcher,
        poll_seconds: float | None = None,
    ) -> None:
        """`poll_seconds`: how often to look for ends of tasks that run elsewhere; None: never."""
        self._registry = registry
        self._submission = submission
        self._queue = queue
        self._dispatcher = dispatcher
        self._waiters = TaskWaiters(queue.get, poll_seconds)

    async def check(self, name: str, params: Mapping[str, Any]) -> None:
        """Raise what `submit` would raise, and queue nothing."""
        await self._submission.prepare(name, params, Options())

    async def submit(
        self, name: str, params: Mapping[str, Any], options: Options | None = None
    ) -> Task:
        """Queue one task. Raises what `Submission.prepare` raises."""
        return await self._submission.submit(name, params, options or Options())

    def present(self, task: Task, *, whole: bool = False) -> dict[str, Any]:
        """The task as JSON, with its progress while it runs; `whole` adds the snapshot."""
        declaration = self._registry.get(task.operation)
        title = declaration.title if declaration else None
        if title and not {REPLAY, REPLAY_OF}.isdisjoint(task.labels):
            title = f"Replay: {title[0].lower()}{title[1:]}"
        data = task.public(title=title, progress=self._dispatcher.progress(task.id))
        data["fixes"] = fixes(task)
        return {**data, "snapshot": task.snapshot} if whole else data

    async def wait(
        self, task_id: str, seconds: float | None = None, stored: Task | None = None
    ) -> Task:
        """Return the task once it has ended, or in its current state after `seconds`.

        `stored`: see `TaskWaiters.wait`. Raises `NotFound`.
        """
        return await self._waiters.wait(task_id, seconds, stored)

    async def wait_all(self, task_ids: Iterable[str], seconds: float) -> list[Task]:
        """Return tasks once all have ended, or in their states after `seconds`.

        Raises `NotFound`.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        return [await self.wait(task_id, max(0.0, end - loop.time())) for task_id in task_ids]

    async def finish(self, task_id: str) -> Task:
        """Return the task once it has ended; cancelling the wait cancels the task.

        For APIs whose clients receive a result with the request or never. Raises `NotFound`.
        """
        try:
            return await self._waiters.wait(task_id)
        except asyncio.CancelledError:
            await self._queue.cancel(task_id)
            raise

    def task_ended(self, task: Task) -> None:
        """End the waits for a task. Called after the change is committed."""
        self._waiters.settle(task)
