"""A line of the log for each change of a task."""

from __future__ import annotations

import logging

from core.tasks.states import Status
from core.tasks.task import Task

log = logging.getLogger("core.tasks")


def log_change(task: Task) -> None:
    """Log a committed change of a task: its end at `info`, a failure at `warning`."""
    level = _LEVELS.get(task.status, logging.DEBUG)
    if not log.isEnabledFor(level):
        return
    error = task.error or {}
    reason = f": {error.get('detail', '')} ({error.get('code')})" if error else ""
    attempt = f", attempt {task.attempt}" if task.attempt > 1 else ""
    text = f"{task.operation} {task.status.value}{attempt}{reason}"
    log.log(
        level, "%s", text, extra={"task_id": task.id, "request_id": task.snapshot.get("request_id")}
    )


_LEVELS = {
    Status.COMPLETED: logging.INFO,
    Status.CANCELLED: logging.INFO,
    Status.FAILED: logging.WARNING,
}
