"""The state of a task while it runs: progress, preview, time left. Never stored."""

from __future__ import annotations

import base64
import time
from datetime import datetime
from typing import Any

from core.tasks.claim import Claim
from core.tasks.estimate import Estimates
from core.tasks.start import start_message
from core.tasks.task import Task
from core.worker.protocol import Output, Progress, Start

ENOUGH = 0.15  # from this fraction on, the task's own pace predicts better than older tasks
LONG = 10.0  # seconds after which a task without older ones is estimated from any pace


class RunningTask:
    """One claimed task in this process."""

    def __init__(
        self,
        task: Task,
        claim: Claim,
        estimates: Estimates,
        hardware: dict[str, Any],
        batch: int = 1,
    ) -> None:
        """`batch`: the number of tasks that run together; each has its share of the time."""
        self.task = task
        self.claim = claim
        # The metadata of its images and the snapshot of its row.
        self.snapshot = {
            **task.snapshot,
            "task": task.id,
            "hardware": hardware,
            "created_at": task.created_at,
            "started_at": task.started_at,
        }
        self.preview: bytes | None = None
        self.outputs: list[Output] = []  # those that are stored already
        self.yield_requested = False
        expected = estimates.seconds(task.operation, task.params)
        self._batch = batch
        self._expected = None if expected is None else expected * batch
        self._began = time.monotonic()
        self._queued = _seconds_between(task.created_at, task.started_at)
        self._progress: Progress | None = None
        self._previews = 0

    def start(self) -> Start:
        """The message that starts this attempt in a worker."""
        return start_message(
            self.task,
            attempt=self.claim.attempt,
            device=self.snapshot["hardware"].get("index"),
            snapshot={**self.snapshot, "params": dict(self.task.params)},
            batch=self.claim.owner if self._batch > 1 else None,
        )

    def advance(self, report: Progress) -> None:
        """Take over a progress report."""
        if report.preview is not None:
            self.preview = base64.b64decode(report.preview)
            self._previews += 1
        self._progress = report.model_copy(update={"preview": None})

    def timings(self) -> dict[str, float]:
        """Seconds from submission to claim, and its share of those since the claim."""
        return {
            "queued_seconds": self._queued,
            "run_seconds": round((time.monotonic() - self._began) / self._batch, 4),
        }

    def public(self) -> dict[str, Any] | None:
        """The progress for clients; None before the first report of the worker.

        `preview` counts the previews so far; None before the first. `outputs` are the images that
        are stored already.
        """
        progress = self._progress
        if progress is None:
            return None
        return {
            "phase": progress.phase,
            "step": progress.step,
            "steps": progress.steps,
            "image": progress.image,
            "images": progress.images,
            "fraction": round(self.fraction, 4),
            "eta_seconds": self.seconds_left(),
            "preview": self._previews or None,
            "outputs": [
                output.model_dump(include={"port", "index", "kind", "width", "height", "seed"})
                for output in self.outputs
            ],
            "metrics": {name: metric.value for name, metric in progress.metrics.items()},
        }

    @property
    def fraction(self) -> float:
        """The finished part of the work, 0 to 1."""
        progress = self._progress
        if progress is None:
            return 0.0
        within = progress.step / progress.steps if progress.steps else 0.0
        return min(1.0, (progress.image - 1 + within) / max(1, progress.images))

    def seconds_left(self) -> float | None:
        """The estimated seconds until the end; None without anything to estimate from."""
        spent, done = time.monotonic() - self._began, self.fraction
        if done >= ENOUGH or (done and self._expected is None and spent > LONG):
            return round(spent * (1 - done) / done, 2)
        return None if self._expected is None else round(max(0.0, self._expected - spent), 2)


def _seconds_between(start: str, end: str | None) -> float:
    if end is None:
        return 0.0
    apart = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return round(max(0.0, apart.total_seconds()), 4)  # a clock may have been set back
