"""The grid of an evaluation before it is drawn: its rows, weights and checkpoints."""

from __future__ import annotations

from collections.abc import Sequence

from core.configuration.declaration import SEED_MAX
from core.errors import InvalidInput
from core.training.evaluation.report import Row
from core.training.evaluation.suites import SuitePrompt

CELLS_MAX = 4_000
WEIGHT_MAX = 4.0


def rows_of(prompts: Sequence[SuitePrompt], seeds: int, first: int) -> list[Row]:
    """A row for each prompt and seed; a category's own number of seeds wins."""
    return [
        Row(
            prompt.prompt,
            prompt.negative_prompt,
            prompt.category,
            prompt.concept,
            (first + number) % (SEED_MAX + 1),
            group,
        )
        for group, prompt in enumerate(prompts)
        for number in range(prompt.seeds or seeds)
    ]


def lines(text: str) -> tuple[str, ...]:
    """The lines of a text that are not empty."""
    return tuple(filter(None, map(str.strip, text.splitlines())))


def weights_of(text: str) -> tuple[float, ...]:
    """Weights separated by commas. Raises `InvalidInput`."""
    try:
        weights = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        weights = ()
    if not weights or any(not 0 < abs(weight) <= WEIGHT_MAX for weight in weights):
        raise InvalidInput(
            f"`weights` is {text[:60]!r}.",
            field="weights",
            fix=f"Write numbers up to {WEIGHT_MAX:g}, separated by commas, such as 0.5, 1.",
        )
    return tuple(dict.fromkeys(weights))


def check_size(columns: int, rows: int) -> None:
    """Raise `InvalidInput` for a grid without rows or columns, or too large."""
    if columns == 0:
        raise InvalidInput(
            "There is nothing to evaluate.",
            field="loras",
            fix="Name LoRAs of the library, or evaluate a training that has checkpoints.",
        )
    if (columns + 1) * rows > CELLS_MAX:
        raise InvalidInput(
            f"The grid has {columns + 1} × {rows} images; {CELLS_MAX} are the limit.",
            field="seeds",
            fix="Use fewer seeds, categories, checkpoints or weights.",
        )
