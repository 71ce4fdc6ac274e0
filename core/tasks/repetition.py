"""Repetitions of a task: the same operation and parameters, with other seeds."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from core.operations.declaration.fields import SEED_MAX
from core.tasks.submission import Options, Request
from core.tasks.task import Task

SeedRule = Literal["new", "next", "same"]
REPEATS_MAX = 100


def repetitions(task: Task, times: int, rule: SeedRule) -> Iterator[Request]:
    """The requests of a task again, `times` of them.

    Seeds: `new` draws one for each; `next` continues after the task's last image, so that no image
    is made twice; `same` keeps it. Without a seed among the parameters all are equal.
    """
    items = [item["params"] for item in task.snapshot.get("items", ())]
    for number in range(1, times + 1):
        shift = _shift(task.params, number, rule)
        options = Options(
            priority=task.priority,
            labels=task.labels,
            project_id=task.project_id,
            brick_id=task.brick_id,
            items=[_shifted(item, shift) for item in items],
        )
        yield Request(_shifted(task.params, shift), options)


def _shift(params: Mapping[str, Any], number: int, rule: SeedRule) -> int:
    """The number that a repetition adds to every seed."""
    if rule == "same":
        return 0
    if rule == "new":
        return random.randrange(1, SEED_MAX)
    return number * (params.get("num_images") or 1)


def _shifted(params: Mapping[str, Any], shift: int) -> dict[str, Any]:
    seed = params.get("seed")
    if not isinstance(seed, int):
        return dict(params)
    return {**params, "seed": (seed + shift) % (SEED_MAX + 1)}
