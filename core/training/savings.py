"""Settings that a training gives up when memory runs out, kept with its state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.models.fit.plans import Fit
from core.store import atomic
from core.training.configuration.schema import TrainingConfig

FILE = "savings.json"
ACCUMULATED = 64  # batches of a step, at most


@dataclass(frozen=True, slots=True)
class Savings:
    """`divisor` divides the batch and multiplies the accumulated batches, so a step has as many
    images as before. `failed` are the memory plans that are not tried again."""

    divisor: int = 1
    checkpointing: bool = False
    failed: Sequence[str] = ()

    @classmethod
    def read(cls, folder: Path) -> Savings:
        """Those of an earlier attempt, which a resumed one must repeat."""
        path = folder / FILE
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else cls()

    def save(self, folder: Path) -> None:
        """Keep them with the state of the training."""
        with atomic.replacing(folder / FILE) as partial:
            partial.write_text(json.dumps(asdict(self)), encoding="utf-8")

    def applied(self, config: TrainingConfig) -> TrainingConfig:
        """The configuration with these savings."""
        section = config.training
        changes = {
            "batch_size": section.batch_size // self.divisor,
            "gradient_accumulation_steps": section.gradient_accumulation_steps * self.divisor,
            "gradient_checkpointing": section.gradient_checkpointing or self.checkpointing,
        }
        return config.model_copy(update={"training": section.model_copy(update=changes)})

    def fit(self, fit: Fit) -> Fit:
        """The fit without the plans that failed; without any other the last one stays."""
        needs = tuple(pair for pair in fit.needs if pair[0].id not in self.failed)
        needs = needs or fit.needs[-1:]
        allowed = [plan for plan, _ in needs]
        return Fit(needs, fit.plan if fit.plan in allowed else allowed[0], fit.memory)

    def more(self, config: TrainingConfig, plan: str, lower: bool) -> tuple[Savings, str] | None:
        """The next saving after `plan` was too large, and a sentence; None without another.

        `lower`: a smaller plan exists.
        """
        section = self.applied(config).training
        least = 2 if config.data.prior_share else 1  # a prior image needs one beside it
        factor = next(
            (
                number
                for number in range(2, section.batch_size + 1)
                if section.batch_size % number == 0 and section.batch_size // number >= least
            ),
            0,
        )
        batches = section.gradient_accumulation_steps * factor
        if factor and batches <= ACCUMULATED:
            size = section.batch_size // factor
            return (
                replace(self, divisor=self.divisor * factor),
                f"it goes on with {batches} batches of {size} a step",
            )
        if not section.gradient_checkpointing:
            return replace(self, checkpointing=True), "it goes on with gradient checkpointing"
        if lower:
            return replace(self, failed=[*self.failed, plan]), "it goes on by a smaller memory plan"
        return None
