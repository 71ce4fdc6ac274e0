"""Restoring: the workflow of a task or image, with its seed policy and what is missing for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import NotFound
from core.operations.declaration.registry import Registry
from core.store.assets import Assets
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.states import Status
from core.tasks.task import Task
from core.workflows.comfy.model_files import ModelFiles
from core.workflows.importing import import_metadata
from core.workflows.requirements import Missing
from core.workflows.restoration import restore
from core.workflows.validation import Validator
from core.workflows.workflow import Workflow

Seeds = Literal["same", "policy"]
RECENT = 50  # completed tasks to search for the last that a workflow can be made of


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored workflow.

    `seed_policy`: `random` or `manual`, as the seed was chosen; None without a seed. `missing`: the
    models and LoRAs that it names and this machine lacks; they stay in the workflow.
    """

    workflow: Workflow
    operation: str
    seed_policy: str | None
    seed: int | None
    missing: list[Missing]


class Restoring:
    """Workflows from the snapshots of tasks, whatever became of them, and of images."""

    def __init__(
        self, registry: Registry, queue: Queue, assets: Assets, validator: Validator
    ) -> None:
        self._registry = registry
        self._queue = queue
        self._assets = assets
        self._validator = validator

    async def task(self, task_id: str, seeds: Seeds = "same") -> Restored:
        """The workflow of a task. `seeds`: keep the seed that it ran with, or only its policy, so
        that a random seed is drawn anew. Raises `NotFound`, `InvalidWorkflow`."""
        return await self._of_task(await self._queue.get(task_id), seeds)

    async def last_success(self, seeds: Seeds = "same") -> tuple[str, Restored]:
        """The newest completed task that has a brick, and its workflow. Raises `NotFound`."""
        page = await self._queue.page(TaskFilter([Status.COMPLETED]), RECENT)
        for task in page.items:
            declaration = self._registry.get(task.operation)
            if declaration is not None and getattr(declaration, "has_brick", False):
                return task.id, await self._of_task(task, seeds)
        raise NotFound("No task has completed yet.", fix="Run a workflow first.")

    async def image(self, asset_id: str, files: ModelFiles, seeds: Seeds = "same") -> Restored:
        """The workflow of an image, from its own metadata. Raises as `task` does."""
        asset = await self._assets.with_metadata(await self._assets.get(asset_id))
        snapshot = asset.metadata.get("qpyt")
        if isinstance(snapshot, Mapping):
            return await self._restored(_of_image(snapshot), seeds)
        workflow = import_metadata(asset.metadata, self._registry, files).workflow
        return Restored(workflow, "", None, None, await self._validator.missing_models(workflow))

    async def _of_task(self, task: Task, seeds: Seeds) -> Restored:
        return await self._restored({**task.snapshot, "params": task.params}, seeds)

    async def _restored(self, snapshot: Mapping[str, Any], seeds: Seeds) -> Restored:
        operation, params = str(snapshot.get("operation", "")), snapshot.get("params")
        values = dict(params) if isinstance(params, Mapping) else {}
        recorded = snapshot.get("seed")
        policy = str(recorded.get("policy")) if isinstance(recorded, Mapping) else None
        seed = values.get("seed")
        if seeds == "policy" and policy == "random":
            values["seed"] = None
        workflow = restore({**snapshot, "params": values}, self._registry)
        missing = await self._validator.missing_models(workflow)
        known = seed if isinstance(seed, int) else None
        return Restored(workflow, operation, policy, known, missing)


def _of_image(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The snapshot with parameters that make one image: it alone, with its own seed."""
    params = snapshot.get("params")
    values = dict(params) if isinstance(params, Mapping) else {}
    if isinstance(seed := snapshot.get("image_seed"), int) and "seed" in values:
        values["seed"] = seed
    if "num_images" in values:
        values["num_images"] = 1
    return {**snapshot, "params": values}
