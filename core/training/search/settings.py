"""The request of a search: its budget, its objective and the ranges of settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core.errors import InvalidInput
from core.training.configuration.merging import merged, nested
from core.training.configuration.schema import field_of, parse, unknown_key

Scalar = bool | int | float | str
Direction = Literal["minimize", "maximize"]
CHOICES_MAX = 100


@dataclass(frozen=True, slots=True)
class Objective:
    """A measured series of a training, and the direction that is better.

    Without a series the value comes from an evaluation of the trained LoRA.
    """

    series: str
    direction: Direction
    label: str


OBJECTIVES: Mapping[str, Objective] = {
    "validation_loss": Objective("validation_loss", "minimize", "Validation loss"),
    "loss": Objective("loss_smoothed", "minimize", "Training loss"),
    "score": Objective("", "maximize", "Score of the evaluation"),
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Interval(_Section):
    """Numbers from `low` to `high`; integers where both are."""

    low: float | int = Field(description="Smallest value.")
    high: float | int = Field(description="Largest value.")
    log: bool = Field(False, description="Draw evenly by order of magnitude.")
    step: float | int | None = Field(None, gt=0, description="Distance between values.")

    @model_validator(mode="after")
    def _check(self) -> Interval:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"needs a low below its high, not {self.low:g} and {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"needs a low above 0 for `log`, not {self.low:g}")
        if self.log and self.step is not None:
            raise ValueError("takes `log` or `step`, not both")
        return self

    @property
    def whole(self) -> bool:
        """True for integers."""
        step = self.step if self.step is not None else 1
        return all(isinstance(value, int) for value in (self.low, self.high, step))

    @property
    def ends(self) -> tuple[Scalar, ...]:
        """The values that are checked before the search begins."""
        return (self.low, self.high)


def _as_range(given: Any) -> Any:
    """A list of choices as it is; a mapping as an interval."""
    if isinstance(given, dict):
        return Interval.model_validate(given)
    if isinstance(given, list | tuple) and 1 < len(given) <= CHOICES_MAX:
        return tuple(given)
    if isinstance(given, Interval):
        return given
    raise ValueError(f"is a list of 2 to {CHOICES_MAX} values, or `low` and `high`")


Range = Annotated[Interval | tuple[Scalar, ...], BeforeValidator(_as_range)]

# The ranges that users of other searches know.
DEFAULT_RANGES: Mapping[str, Any] = {
    "training.learning_rate": {"low": 1e-6, "high": 1e-2, "log": True},
    "lora.rank": [4, 8, 16, 32, 64, 128],
    "lora.alpha": [4, 8, 16, 32, 64, 128],
    "training.batch_size": [1, 2, 4, 8, 16],
    "training.gradient_accumulation_steps": [1, 2, 4, 8],
}


class SearchSettings(_Section):
    """Budget, objective and ranges of a search."""

    trials: int = Field(50, ge=1, le=1000, description="Number of trainings.")
    max_steps: int = Field(500, ge=1, le=100_000, description="Steps of a training.")
    objective: Literal["validation_loss", "loss", "score"] = Field(
        "validation_loss",
        description="Measure to improve; the score draws and judges images after each training.",
    )
    evaluation: dict[str, Any] = Field(
        default_factory=dict, description="Parameters of `evaluate_lora` for the score."
    )
    parallel: int = Field(1, ge=1, le=16, description="Trainings that wait in the queue at a time.")
    pruning: bool = Field(True, description="Stop trainings that are worse than the median.")
    startup_trials: int = Field(
        5, ge=1, le=100, description="Trainings at random before the search learns, and prunes."
    )
    measurements: int = Field(10, ge=1, le=100, description="Measurements of each training.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of the search.")
    ranges: dict[str, Range] = Field(
        default_factory=lambda: {key: _as_range(value) for key, value in DEFAULT_RANGES.items()},
        min_length=1,
        max_length=32,
        description="Values by dotted key: a list, or `low`, `high`, `log`, `step`.",
    )


def check_ranges(settings: SearchSettings, base: Mapping[str, Any]) -> None:
    """Raises `InvalidInput` for a range of an unknown key or with a value that is not allowed."""
    for key, values in settings.ranges.items():
        if field_of(key) is None:
            raise InvalidInput(unknown_key(key), field=f"search.ranges.{key}")
        for value in values.ends if isinstance(values, Interval) else values:
            try:
                parse(merged(base, nested({key: value})))
            except InvalidInput as error:
                error.field = f"search.ranges.{key}"
                raise
    sections = parse(base)
    if settings.objective == "validation_loss" and not sections.validation.enable:
        raise InvalidInput(
            "The search has no validation loss: `validation.enable` is false.",
            field="search.objective",
            fix="Enable the validation, or search by `loss`.",
        )


def trial_sections(
    settings: SearchSettings, base: Mapping[str, Any], values: Mapping[str, Any], name: str
) -> dict[str, Any]:
    """The configuration of one trial: no samples, no checkpoints, nothing in the library."""
    steps = settings.max_steps
    budget = {
        "training": {"max_steps": steps},
        "validation": {
            "frequency": max(1, steps // settings.measurements),
            "sample_frequency": 0,
        },
        "output": {"name": name, "checkpoint_every_n_steps": steps, "library": False},
    }
    return merged(base, budget, nested(values))
