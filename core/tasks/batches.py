"""The choice of waiting tasks that run together with one that was claimed.

Tasks of a background band run together where their operation and their model say that it is
faster. All parameters must be equal, but for those that the operation names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from core.errors import StudioError
from core.operations.declaration.registry import Registry
from core.tasks.states import Priority
from core.tasks.task import Task

if TYPE_CHECKING:
    from core.models.library.model import Model

# A text that another task made is planned in the run; items are runs of their own.
UNPLANNED = ("late_texts", "items")


class Batches:
    """The rule of batches. Thread-safe."""

    def __init__(self, registry: Registry, model_of: Callable[[str], Model]) -> None:
        self._registry = registry
        self._model_of = model_of

    def size(self, task: Task, device: str) -> int:
        """The number of tasks that run together with `task` on a kind of device, itself included.

        1 where it runs alone: also after a lost attempt, which another of its batch may have
        caused.
        """
        if task.priority < Priority.BATCH or task.attempt > 1 or task.checkpoint is not None:
            return 1
        if any(name in task.snapshot for name in UNPLANNED):
            return 1
        operation = self._registry.operation(task.operation)
        if not operation.varies_in_batch:
            return 1
        try:
            return operation.model_validate(task.params).batch_size(device, self._model_of)
        except (StudioError, ValueError):  # it fails when it runs, with its reason
            return 1

    def compatible(self, task: Task, waiting: Sequence[Task]) -> list[Task]:
        """Of tasks in the order of the queue, the first that may run together with `task`."""
        key = self._key(task)
        return list(
            takewhile(lambda other: other.attempt == 0 and self._key(other) == key, waiting)
        )

    def _key(self, task: Task) -> tuple[object, ...]:
        varied = self._registry.operation(task.operation).varies_in_batch
        params = {name: value for name, value in task.params.items() if name not in varied}
        loras = [change.get("loras") for change in task.snapshot.get("plans", ())]
        unplanned = [name for name in UNPLANNED if name in task.snapshot]
        facts = json.dumps([params, loras, unplanned], sort_keys=True, default=str)
        return task.operation, task.priority, task.checkpoint, facts
