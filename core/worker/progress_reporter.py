"""Progress messages of one job, limited in rate: phase, step, preview and the newest metrics."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable

from core.errors import TaskFailure
from core.worker.channel import Channel
from core.worker.protocol import LOADING, JobKey, Metric, Progress

PROGRESS_SECONDS = 0.05
PREVIEW_SECONDS = 0.2
METRICS_MAX = 64  # names; their newest values travel in every message
NAME_MAX = 64  # characters


class ProgressReporter:
    """Sends the progress of a job that runs `runs` times, once per item of a list.

    `loading_seconds` is the time spent in the phase `loading`.
    """

    def __init__(self, channel: Channel, job: JobKey, runs: int) -> None:
        self.run_index = 0
        self.loading_seconds = 0.0
        self.metrics: dict[str, Metric] = {}
        self._channel = channel
        self._task_id, self._attempt = job
        self._runs = runs
        self._phase = ""
        self._phase_began = 0.0
        self._sent = 0.0
        self._preview_sent = 0.0

    def report(
        self,
        phase: str,
        *,
        step: int,
        steps: int,
        image: int,
        images: int,
        preview: Callable[[], bytes] | None,
    ) -> None:
        """Send a message: about 20 a second at most; a new phase at once; 5 previews a second."""
        now = time.monotonic()
        preview_due = preview is not None and now - self._preview_sent >= PREVIEW_SECONDS
        if phase == self._phase and not preview_due and now - self._sent < PROGRESS_SECONDS:
            return
        self._enter(phase, now)
        self._sent = now
        encoded = None
        if preview_due and preview is not None:
            self._preview_sent = now
            encoded = base64.b64encode(preview()).decode()
        self._channel.send(
            Progress(
                task_id=self._task_id,
                attempt=self._attempt,
                phase=phase,
                step=step,
                steps=steps,
                image=self.run_index * images + image,
                images=self._runs * images,
                preview=encoded,
                metrics=dict(self.metrics),
            )
        )

    def metric(self, name: str, value: float, step: int) -> None:
        """Keep the newest value of a metric for the next message.

        A value that is not finite becomes None, which JSON can carry. Raises `TaskFailure` for a
        name of no or of more than `NAME_MAX` characters, and beyond `METRICS_MAX` names.
        """
        if not 0 < len(name) <= NAME_MAX:
            raise TaskFailure(
                f"The metric name {name[:NAME_MAX]!r} must have 1 to {NAME_MAX} characters."
            )
        if name not in self.metrics and len(self.metrics) >= METRICS_MAX:
            raise TaskFailure(f"A task has at most {METRICS_MAX} metrics; {name!r} is one more.")
        value = float(value)
        self.metrics[name] = Metric(value=value if math.isfinite(value) else None, step=step)

    def _enter(self, phase: str, now: float) -> None:
        if phase == self._phase:
            return
        if self._phase == LOADING:
            self.loading_seconds += now - self._phase_began
        self._phase, self._phase_began = phase, now
