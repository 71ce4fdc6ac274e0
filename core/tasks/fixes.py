"""Suggested repetitions of failed tasks, as data for buttons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import InvalidInput, OutOfMemory
from core.tasks.states import Status
from core.tasks.task import Task

SCALES = (0.75, 0.5)
SIDE_MULTIPLE, SIDE_MIN = 64, 256
SAME_WOULD_FAIL = {InvalidInput.code, OutOfMemory.code}

Fix = dict[str, Any]


def fixes(task: Task) -> list[Fix]:
    """Repetitions that may help a failed task, best first: `{label, params, seed}`.

    `params` is None for the same task again, else the parameters that a repetition replaces; `seed`
    is the rule of its seeds. Empty for a task that did not fail.
    """
    if task.status is not Status.FAILED:
        return []
    code = (task.error or {}).get("code")
    smaller = list(_smaller(task.params)) if code == OutOfMemory.code else []
    again = [{"label": "Retry", "params": None, "seed": "same"}]
    seeded = isinstance(task.params.get("seed"), int) and code not in SAME_WOULD_FAIL
    other = [{"label": "Retry with a new seed", "params": {}, "seed": "new"}] if seeded else []
    return [*smaller, *again, *other]


def _smaller(params: Mapping[str, Any]) -> Iterator[Fix]:
    """Smaller sizes of about the same shape."""
    width, height = params.get("width"), params.get("height")
    if not isinstance(width, int) or not isinstance(height, int):
        return
    for scale in SCALES:
        sides = [int(side * scale) // SIDE_MULTIPLE * SIDE_MULTIPLE for side in (width, height)]
        if min(sides) >= SIDE_MIN:
            size = {"width": sides[0], "height": sides[1]}
            yield {"label": f"Use {sides[0]} × {sides[1]}", "params": size, "seed": "same"}
