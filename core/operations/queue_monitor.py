"""The view of the queue."""

from __future__ import annotations

from core.operations.declaration.base import View


class QueueMonitor(View):
    """Shows the tasks of the queue while they wait and run; it takes no part in a run."""

    name = "queue_monitor"
    title = "Queue"
    summary = "Shows tasks with their progress, and cancels them."
    category = "output"
