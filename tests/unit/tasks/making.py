"""Tasks for tests."""

from typing import Any

from core.tasks.claim import Claim
from core.tasks.queue import Queue
from core.tasks.task import Task
from core.tasks.transitions import complete


def make(operation: str = "generate", **values: Any) -> Task:
    """A task that nobody runs."""
    return Task(**{"operation": operation, "lane": "device", **values})


async def add(queue: Queue, **values: Any) -> Task:
    """One stored task."""
    return (await queue.add([make(**values)]))[0]


async def claim(queue: Queue, owner: str = "us:1") -> tuple[Task, Claim]:
    """The next task and what its results must name."""
    [task] = await queue.claim("device", owner, 0.0)
    return task, Claim(task.id, task.attempt, owner)


async def finish(queue: Queue, held: Claim, outputs: list[dict[str, Any]] | None = None) -> bool:
    """Complete a claimed task; whether the result was accepted."""
    changed = await queue.end(
        lambda connection: complete(connection, held, outputs or [], [], {}, {})
    )
    return bool(changed)
