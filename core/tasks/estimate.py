"""Estimates of the run time of tasks, from the times of earlier ones.

Per operation and model the average time of one image-step of a megapixel is kept, per operation
the average time of a task. Averages decay; tasks done before this start fill them on first use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from core.tasks.task import Task

WEIGHT = 0.3
K = TypeVar("K")


class Estimates:
    """Decaying averages of what was measured here, in seconds."""

    def __init__(self) -> None:
        self._rates: dict[tuple[str, str], float] = {}
        self._tasks: dict[str, float] = {}

    def observe(self, task: Task) -> None:
        """Add the time of a completed task, unless it was served from the cache."""
        seconds = task.timings.get("run_seconds")
        if seconds is None or task.cached:
            return
        # Loading depends on the models in memory, not on the task.
        seconds = max(0.0, seconds - (task.timings.get("loading_seconds") or 0))
        _blend(self._rates, _key(task.operation, task.params), seconds / _units(task.params))
        _blend(self._tasks, task.operation, seconds)

    def fill(self, done: Iterable[Task]) -> None:
        """Add the times of older tasks, oldest first."""
        for task in done:
            self.observe(task)

    def seconds(self, operation: str, params: Mapping[str, Any]) -> float | None:
        """The expected run time in seconds, or None without earlier tasks of this kind."""
        rate = self._rates.get(_key(operation, params))
        return None if rate is None else rate * _units(params)

    def typical(self, operation: str) -> float | None:
        """The average run time of an operation's tasks in seconds, or None."""
        return self._tasks.get(operation)


def _blend(averages: dict[K, float], key: K, value: float) -> None:
    known = averages.get(key, value)
    averages[key] = known + WEIGHT * (value - known)


def _key(operation: str, params: Mapping[str, Any]) -> tuple[str, str]:
    return operation, str(params.get("model", ""))


def _units(params: Mapping[str, Any]) -> float:
    images = params.get("num_images") or 1
    steps = params.get("num_inference_steps") or 1
    megapixels = (params.get("width") or 1024) * (params.get("height") or 1024) / 2**20
    return float(images * steps * megapixels)
