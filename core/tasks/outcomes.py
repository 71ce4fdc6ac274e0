"""The outcome of a task, from the last report of its worker to its row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from core.tasks.queue import Queue
from core.tasks.results import cancel_keeping_results, store_results
from core.tasks.running import RunningTask
from core.tasks.task import Task
from core.worker.protocol import Cancelled, Ending, Failed, Finished, Lost, Yielded

WORKER_TRIES = 2


async def record_outcome(
    queue: Queue, running: RunningTask, report: Ending, *, stopping: bool
) -> Any:
    """Store how a task ended. A worker that is lost while the studio is `stopping` costs no try."""
    claim = running.claim
    if isinstance(report, Finished):
        return await _complete(queue, running, report)
    if isinstance(report, Failed):
        return await queue.fail(claim, report.error)
    if isinstance(report, Cancelled):
        return await queue.end(lambda c: cancel_keeping_results(c, running))
    if isinstance(report, Yielded):
        return await queue.release(claim, report.checkpoint_key)
    assert isinstance(report, Lost)
    if stopping:
        return await queue.release(claim)
    tries = min(WORKER_TRIES, running.task.max_attempts)
    return await queue.lost(claim, report.reason, tries)


async def _complete(queue: Queue, running: RunningTask, report: Finished) -> list[Task]:
    def work(connection: Connection) -> list[Task]:
        timings = {**running.timings(), **report.timings}
        return store_results(connection, running, report, timings)

    return await queue.end(work)
