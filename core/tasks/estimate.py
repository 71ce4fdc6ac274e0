"""How long a task takes, from how long such tasks took here.

The unit is one image-step: the time of a task divided by images and steps. Per operation and
model a decaying average is kept; tasks done before this start fill it on first use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.tasks.task import Task

WEIGHT = 0.3

Key = tuple[str, str]


class Estimates:
    """Average seconds per unit of work, by operation and model."""

    def __init__(self) -> None:
        self._averages: dict[Key, float] = {}

    def observe(self, task: Task) -> None:
        """Learn from a completed task that really ran."""
        seconds = task.timings.get("run_seconds")
        if seconds is None or task.cached:
            return
        rate = seconds / _units(task.params)
        key = _key(task.operation, task.params)
        known = self._averages.get(key, rate)
        self._averages[key] = known + WEIGHT * (rate - known)

    def fill(self, done: Iterable[Task]) -> None:
        """Learn from older tasks, oldest first."""
        for task in done:
            self.observe(task)

    def seconds(self, operation: str, params: Mapping[str, Any]) -> float | None:
        """The expected run time in seconds, or None while nothing like it was seen."""
        rate = self._averages.get(_key(operation, params))
        return None if rate is None else rate * _units(params)

    def typical(self, operation: str) -> float | None:
        """The expected seconds of a task of an operation whatever its parameters."""
        rates = [rate for (name, _), rate in self._averages.items() if name == operation]
        return sum(rates) / len(rates) * _units({}) if rates else None


def _key(operation: str, params: Mapping[str, Any]) -> Key:
    return operation, str(params.get("model", ""))


def _units(params: Mapping[str, Any]) -> float:
    images = params.get("num_images") or 1
    steps = params.get("num_inference_steps") or 1
    megapixels = (params.get("width") or 1024) * (params.get("height") or 1024) / 2**20
    return float(images * steps * megapixels)
