"""The measurements that decide how a training goes on; saved with its state."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil
import torch

SMOOTHING = 0.95
WARM = 20  # steps before a rising loss counts as divergence
RECENT = 500  # rows that a resumed run logs again, in case the server had lost them


@dataclass
class Measures:
    """`waits` counts validations without improvement; `validation` maps steps to losses. `done` is
    the last step that was also validated, sampled and kept where due."""

    smoothed: float | None = None
    lowest: float = math.inf
    steps: int = 0
    best_step: int | None = None
    best_loss: float = math.inf
    waits: int = 0
    seconds: float = 0.0
    validation: dict[int, float] = field(default_factory=dict)
    kept: list[int] = field(default_factory=list)
    recent: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    done: int = -1
    saved_at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Measures:
        """The measures of a saved state."""
        values = dict(facts)
        values["validation"] = {int(step): loss for step, loss in values["validation"].items()}
        values["recent"] = [(step, row) for step, row in values["recent"]]
        return cls(**values)

    def facts(self) -> dict[str, Any]:
        """JSON for a saved state."""
        facts = asdict(self)
        del facts["saved_at"]
        return facts

    def summary(self) -> dict[str, Any]:
        """The result for the report of the task."""
        return {
            "loss": self.smoothed,
            "best_step": self.best_step,
            "best_validation_loss": None if self.best_step is None else self.best_loss,
            "checkpoints": self.kept,
            "seconds": round(self.seconds, 1),
        }

    def smooth(self, loss: float) -> float:
        """The running mean with a loss added."""
        self.steps += 1
        # Corrected at the beginning, so that the first losses count as they are.
        share = max(1 - SMOOTHING, 1 / self.steps)
        before = loss if self.smoothed is None else self.smoothed
        self.smoothed = before + share * (loss - before)
        if self.steps >= WARM:
            self.lowest = min(self.lowest, self.smoothed)
        return self.smoothed

    def diverges(self, factor: float) -> bool:
        """True where the running mean is `factor` times its lowest; never for a factor of 0."""
        if not factor or self.smoothed is None or self.steps <= WARM:
            return False
        return self.smoothed > factor * self.lowest

    def validate(self, step: int, loss: float, min_delta: float) -> None:
        """Add a validation loss; the earlier step wins a tie."""
        self.validation[step] = loss
        if loss < self.best_loss - min_delta:
            self.best_step, self.best_loss, self.waits = step, loss, 0
        elif step:
            self.waits += 1

    def keep(self, step: int, limit: int) -> list[int]:
        """Add a checkpoint; the steps of those to forget: all but the newest ones and the best."""
        if step not in self.kept:
            self.kept.append(step)
        measured = [s for s in self.kept if s in self.validation]
        best = min(measured, key=lambda s: (self.validation[s], s), default=None)
        stay = {*sorted(self.kept)[-limit:], best}
        dropped = [s for s in self.kept if s not in stay]
        self.kept = [s for s in self.kept if s in stay]
        return dropped

    def log(self, step: int, values: Mapping[str, float], seconds: float) -> None:
        """Keep a row for a resumed run, and count its time."""
        self.seconds += seconds
        self.recent.append((step, dict(values)))
        del self.recent[:-RECENT]


def memory_gb(device: torch.device) -> float:
    """The memory in use in GB: of the accelerator, else of this process."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device)) / 1e9
    return float(psutil.Process().memory_info().rss) / 1e9
