"""Data of the plots of a search: history, importance, parallel coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.training.search.settings import Direction
from core.training.search.study import TrialRecord


def history(trials: Sequence[TrialRecord], direction: Direction) -> list[dict[str, Any]]:
    """The value of each complete trial, with the best so far."""
    points: list[dict[str, Any]] = []
    best: float | None = None
    pick = min if direction == "minimize" else max
    for trial in trials:
        if trial.value is not None:
            best = trial.value if best is None else pick(best, trial.value)
            points.append({"trial": trial.number, "value": trial.value, "best": best})
    return points


def parallel(trials: Sequence[TrialRecord], logs: Mapping[str, bool]) -> dict[str, Any]:
    """The axes of the settings and a line for each complete trial.

    A numeric axis has its ends and `log`; another one its choices, of which lines hold the index.
    """
    complete = [trial for trial in trials if trial.value is not None]
    axes: list[dict[str, Any]] = []
    positions: list[list[Any]] = [[] for _ in complete]
    for key in dict.fromkeys(key for trial in complete for key in trial.params):
        values: list[Any] = [trial.params.get(key) for trial in complete]
        if key in logs and all(isinstance(value, int | float) for value in values):
            axes.append({"name": key, "low": min(values), "high": max(values), "log": logs[key]})
            at = values
        else:
            choices = sorted(dict.fromkeys(values), key=lambda value: (str(type(value)), value))
            axes.append({"name": key, "choices": choices})
            at = [choices.index(value) for value in values]
        for position, value in zip(positions, at, strict=True):
            position.append(value)
    lines = [
        {"trial": trial.number, "value": trial.value, "at": position}
        for trial, position in zip(complete, positions, strict=True)
    ]
    return {"axes": axes, "lines": lines}
