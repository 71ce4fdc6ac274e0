"""Trainings for clients: the runs with their measurements, samples and checkpoints."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import NotFound
from core.models.library.lora_folder import LoraFolder
from core.store.blobs import BlobStore
from core.studio.task_service import TaskService
from core.tasks import run_log
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.run_log import RunFile
from core.tasks.task import Task
from core.training.command import command_of

OPERATION = "train_lora"
SEARCH_LABEL = "search"
"""The label of the trials of a search: its ID."""
RUNS = 50  # of a list for people
CHECKPOINT, SAMPLE = "checkpoint", "sample"
Series = dict[str, list[tuple[int, float | None]]]


class TrainingRuns:
    """The runs are the tasks of `train_lora`; their logs are rows of their own."""

    def __init__(
        self, queue: Queue, tasks: TaskService, blobs: BlobStore, loras: LoraFolder
    ) -> None:
        self.blobs = blobs
        self._queue = queue
        self._tasks = tasks
        self._loras = loras

    async def page(
        self, limit: int, cursor: str | None, search: str | None = None
    ) -> tuple[list[dict[str, Any]], str | None, int]:
        """Runs, the newest first, the cursor of the next page, and the number of all.

        `search`: the ID of a search for its trials; an empty one for runs outside of searches.
        """
        labels = {SEARCH_LABEL: search} if search else {}
        unlabelled = SEARCH_LABEL if search == "" else None
        chosen = TaskFilter(operation=OPERATION, labels=labels, unlabelled=unlabelled)
        page = await self._queue.page(chosen, limit, cursor)
        ids = [task.id for task in page.items]
        newest = await self._queue.read(lambda connection: run_log.newest(connection, ids))
        entries = [self._entry(task, newest.get(task.id, {})) for task in page.items]
        return entries, page.next_cursor, page.total

    async def get(self, task_id: str) -> dict[str, Any]:
        """One run with its plan, checkpoints and samples. Raises `NotFound`."""
        task = await self._task(task_id)
        newest = await self._queue.read(lambda connection: run_log.newest(connection, [task_id]))
        files = await self._queue.read(lambda connection: run_log.files(connection, task_id))
        plan: Mapping[str, Any] = task.snapshot.get("training", {})
        return {
            **self._entry(task, newest.get(task_id, {})),
            "config": plan.get("config", {}),
            "dataset": _dataset(task),
            "yaml": _yaml(plan.get("config", {})),
            "command": command_of(_dataset(task)["shown"], task.params),
            "params": dict(task.params),
            "prompts": plan.get("samples", []),
            "report": task.snapshot.get("trained"),
            "warnings": list(task.warnings),
            "error": task.error,
            "checkpoints": [self._checkpoint(f) for f in files if f.kind == CHECKPOINT],
            "samples": [self._sample(f) for f in files if f.kind == SAMPLE],
        }

    async def values(self, task_id: str, names: Sequence[str], after: int) -> Series:
        """Measured values by name as (step, value), of steps above `after`."""
        await self._task(task_id)
        return await self._queue.read(
            lambda connection: run_log.values(connection, task_id, names, after)
        )

    async def file(self, task_id: str, kind: str, step: int, index: int) -> RunFile:
        """A sample or checkpoint. Raises `NotFound`."""
        await self._task(task_id)
        files = await self._queue.read(lambda connection: run_log.files(connection, task_id, kind))
        for file in files:
            if (file.step, file.index) == (step, index):
                return file
        raise NotFound(f"The training has no {kind} at step {step}.")

    async def use(self, task_id: str, step: int) -> str:
        """Put the LoRA of a checkpoint into the library; its name there. Raises `NotFound`."""
        task = await self._task(task_id)
        checkpoint = await self.file(task_id, CHECKPOINT, step, 0)
        files = await self._queue.read(lambda connection: run_log.files(connection, task_id))
        sample = next((f for f in files if f.kind == SAMPLE and f.step == step), None)
        name = f"{_name(task)}-{step}"

        def add() -> str:
            thumbnail = self._read(sample.key) if sample else None
            return self._loras.add(name, self._read(checkpoint.key), thumbnail)

        return await asyncio.to_thread(add)

    def _read(self, key: str) -> bytes:
        with self.blobs.open(key) as file:
            return file.read()

    async def _task(self, task_id: str) -> Task:
        task = await self._queue.get(task_id)
        if task.operation != OPERATION:
            raise NotFound(f"The task {task_id!r} is no training.")
        return task

    def _entry(self, task: Task, newest: Mapping[str, float | None]) -> dict[str, Any]:
        shown = self._tasks.present(task)
        plan = task.snapshot.get("training", {})
        return {
            "task_id": task.id,
            "name": _name(task),
            "status": task.status.value,
            "created_at": task.created_at,
            "finished_at": task.finished_at,
            "model": task.params.get("model") or "",
            "preset": task.params.get("preset", ""),
            "trigger_word": plan.get("config", {}).get("data", {}).get("trigger_word", ""),
            "steps": plan.get("steps", 0),
            "search_id": task.labels.get(SEARCH_LABEL),
            "progress": shown.get("progress"),
            "newest": dict(newest),
        }

    def _checkpoint(self, file: RunFile) -> dict[str, Any]:
        return {
            "step": file.step,
            "size_bytes": file.size,
            "validation_loss": (file.facts or {}).get("validation_loss"),
            "created_at": file.created_at,
            "file": f"{file.kind}/{file.step}/{file.index}",
        }

    def _sample(self, file: RunFile) -> dict[str, Any]:
        facts = file.facts or {}
        return {
            "step": file.step,
            "index": file.index,
            "prompt": facts.get("prompt", ""),
            "trigger": bool(facts.get("trigger")),
            "seed": facts.get("seed", 0),
            "width": facts.get("width", 0),
            "height": facts.get("height", 0),
            "file": f"{file.kind}/{file.step}/{file.index}",
        }


def _dataset(task: Task) -> dict[str, Any]:
    """The dataset; `shown` is its name with the version, as requests take it."""
    plan = task.snapshot.get("training", {}).get("dataset", {})
    reference = str(plan.get("reference") or task.params.get("dataset") or "")
    _, _, version = reference.rpartition("@")
    stored = version.isdecimal()
    shown = f"{plan.get('name', '')}@{version}" if stored and plan.get("name") else reference
    return {
        "images": plan.get("images", 0),
        "digest": plan.get("digest", ""),
        "buckets": plan.get("buckets", []),
        "name": plan.get("name") or reference,
        "reference": reference,
        "version": int(version) if stored else None,
        "shown": shown,
    }


def _yaml(config: Mapping[str, Any]) -> str:
    import yaml  # not on the way to the first answer

    text: str = yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)
    return text


def _name(task: Task) -> str:
    plan = task.snapshot.get("training", {})
    return str(plan.get("config", {}).get("output", {}).get("name") or "lora")
