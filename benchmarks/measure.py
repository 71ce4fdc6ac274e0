"""Results of a benchmark: measured numbers with their goals, and arithmetic on samples.

Independent of the measured code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, median
from typing import Any, Literal

Better = Literal["lower", "higher"]
Verdict = Literal["pass", "miss", ""]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number. Without a goal it is context."""

    name: str
    value: float
    unit: str = ""
    goal: float | None = None
    better: Better = "lower"

    @property
    def verdict(self) -> Verdict:
        """`kept` or `missed`; empty without a goal."""
        if self.goal is None:
            return ""
        kept = self.value <= self.goal if self.better == "lower" else self.value >= self.goal
        return "pass" if kept else "miss"

    @property
    def of_goal(self) -> float | None:
        """The value as a multiple of its goal; None without one, or with a goal of 0."""
        return self.value / self.goal if self.goal else None

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "verdict": self.verdict, "of_goal": self.of_goal}


@dataclass(frozen=True, slots=True)
class Figure:
    """The measures of one benchmark; `detail` holds the samples they were made of."""

    name: str
    measures: list[Measure]
    detail: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "measures": [measure.record() for measure in self.measures],
            "detail": self.detail,
        }


def percentile(samples: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the samples lie, between neighbours linearly.

    Raises `ValueError` for no samples or a share outside 0 to 1.
    """
    if not samples or not 0 <= share <= 1:
        raise ValueError("a percentile needs samples and a share from 0 to 1")
    ordered = sorted(samples)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def ratio(first: Sequence[float], other: Sequence[float]) -> float:
    """The median of `one` as a multiple of the median of `other`."""
    return median(first) / median(other)


def differences(first: Sequence[float], other: Sequence[float]) -> list[float]:
    """Pair by pair, for samples taken in turns. Raises `ValueError` for unequal lengths."""
    return [left - right for left, right in zip(first, other, strict=True)]


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Growth of y per x, fitted by least squares. Raises `ValueError` for fewer than two x."""
    if len(set(xs)) < 2 or len(xs) != len(ys):
        raise ValueError("a slope needs two different points")
    mean_x, mean_y = fmean(xs), fmean(ys)
    above = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - mean_x) ** 2 for x in xs)
