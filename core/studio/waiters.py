"""Waiting for the end of tasks: by their changes here, and by polling where others end them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

from core.tasks.task import Task


class TaskWaiters:
    """Pending waits by task. Used from one event loop."""

    def __init__(
        self, find: Callable[[str], Awaitable[Task]], poll_seconds: float | None = None
    ) -> None:
        """`find`: read a task by its ID; raises `NotFound`.

        `poll_seconds`: how often to read it while another server may end it; None: never.
        """
        self._find = find
        self._poll_seconds = poll_seconds
        self._waiters: dict[str, list[asyncio.Future[Task]]] = {}

    async def wait(
        self, task_id: str, seconds: float | None = None, stored: Task | None = None
    ) -> Task:
        """Return the task once it has ended, or in its current state after `seconds`.

        `stored`: the task as the caller has just stored it, which then is not read. Call it without
        an `await` in between, which an end could slip through. Raises `NotFound`.
        """
        loop = asyncio.get_running_loop()
        end = math.inf if seconds is None else loop.time() + seconds
        pause = math.inf if self._poll_seconds is None else self._poll_seconds
        ended: asyncio.Future[Task] = loop.create_future()
        waiters = self._waiters.setdefault(task_id, [])
        waiters.append(ended)
        try:
            task = stored or await self._find(task_id)
            while not task.ended and (left := end - loop.time()) > 0:
                timeout = min(left, pause)
                await asyncio.wait({ended}, timeout=None if timeout == math.inf else timeout)
                task = ended.result() if ended.done() else await self._find(task_id)
            return task
        finally:
            waiters.remove(ended)
            if not waiters:
                self._waiters.pop(task_id, None)

    def settle(self, task: Task) -> None:
        """End the waits for a task that has ended."""
        for waiter in self._waiters.get(task.id, ()):
            if not waiter.done():
                waiter.set_result(task)
