"""Waiting for the end of tasks, without polling."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from core.tasks.task import Task


class TaskWaiters:
    """Pending waits by task. Used from one event loop."""

    def __init__(self, find: Callable[[str], Awaitable[Task]]) -> None:
        """`find`: read a task by its ID; raises `NotFound`."""
        self._find = find
        self._waiters: dict[str, list[asyncio.Future[Task]]] = {}

    async def wait(self, task_id: str, seconds: float | None = None) -> Task:
        """Return the task once it has ended, or in its current state after `seconds`.

        Raises `NotFound`.
        """
        ended: asyncio.Future[Task] = asyncio.get_running_loop().create_future()
        waiters = self._waiters.setdefault(task_id, [])
        waiters.append(ended)
        try:
            task = await self._find(task_id)
            if task.ended:
                return task
            await asyncio.wait({ended}, timeout=seconds)
            return ended.result() if ended.done() else await self._find(task_id)
        finally:
            waiters.remove(ended)
            if not waiters:
                self._waiters.pop(task_id, None)

    def settle(self, task: Task) -> None:
        """End the waits for a task that has ended."""
        for waiter in self._waiters.get(task.id, ()):
            if not waiter.done():
                waiter.set_result(task)
