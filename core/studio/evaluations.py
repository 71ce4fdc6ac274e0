"""Evaluations for clients: started from a training, listed, shown, and voted on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import InvalidInput, NotFound
from core.store.named_folders import grant
from core.studio.task_service import TaskService
from core.studio.training_runs import CHECKPOINT, TrainingRuns
from core.tasks import run_log
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.run_log import RunFile
from core.tasks.submission import Options
from core.tasks.task import Task
from core.worker.protocol import Logged, LoggedValue

OPERATION = "evaluate_lora"
NEAREST = "nearest"
"""The training images in the log of the task: step is the column."""
VOTE = "vote"
"""The values of votes in the log of the task: step is the row, value the column."""


class Evaluations:
    """The evaluations are the tasks of `evaluate_lora`; votes are values of their logs."""

    def __init__(
        self, queue: Queue, tasks: TaskService, runs: TrainingRuns, data_dir: Path
    ) -> None:
        self._queue = queue
        self._tasks = tasks
        self._runs = runs
        self._data_dir = data_dir
        self.blobs = runs.blobs

    async def start(
        self,
        run_id: str,
        params: Mapping[str, Any],
        steps: Sequence[int] | None = None,
        options: Options | None = None,
    ) -> Task:
        """Queue an evaluation of the checkpoints of a training, all or those of `steps`.

        Its base model, dataset and trigger word are used unless `params` of the operation replace
        them. Raises `NotFound` or `InvalidInput`.
        """
        run = await self._of_run(run_id, steps)
        folder = Path(run["dataset"])
        if folder.is_absolute():  # accepted when the training was queued, whoever named it
            await asyncio.to_thread(grant, self._data_dir, folder)
        given = {**run, **params, "run_id": run_id}
        return await self._tasks.submit(OPERATION, given, options or Options())

    async def steps(self, run_id: str) -> list[int]:
        """The steps of the checkpoints of a training."""
        files = await self._queue.read(lambda c: run_log.files(c, run_id, CHECKPOINT))
        return sorted(file.step for file in files)

    async def page(
        self, run_id: str | None, limit: int, cursor: str | None
    ) -> tuple[list[dict[str, Any]], str | None, int]:
        """Evaluations, the newest first, the cursor of the next page, and the number of all.

        With `run_id` those of one training: they are chosen from the page, so it may hold fewer.
        """
        page = await self._queue.page(TaskFilter(operation=OPERATION), limit, cursor)
        items = [self._entry(task) for task in page.items]
        if run_id is not None:
            items = [entry for entry in items if entry["run_id"] == run_id]
        return items, page.next_cursor, page.total

    async def get(self, task_id: str) -> dict[str, Any]:
        """One evaluation with its report, images and votes. Raises `NotFound`."""
        task = await self._task(task_id)
        votes = await self._queue.read(lambda c: run_log.values(c, task_id, [VOTE]))
        outputs = task.outputs or []
        images = [output["asset_id"] for output in outputs if output["port"] == "image"]
        report = next((o["value"] for o in outputs if o["port"] == "report"), None)
        return {
            **self._entry(task),
            "plan": task.snapshot.get("evaluation", {}),
            "report": report,
            "images": images,
            "votes": [
                [row, int(column)] for row, column in votes.get(VOTE, []) if column is not None
            ],
            "warnings": list(task.warnings),
            "error": task.error,
        }

    async def nearest(self, task_id: str, column: int) -> RunFile:
        """The training image that a column comes nearest to. Raises `NotFound`."""
        await self._task(task_id)
        files = await self._queue.read(lambda c: run_log.files(c, task_id, NEAREST))
        file = next((file for file in files if file.step == column), None)
        if file is None:
            raise NotFound(f"Column {column} has no nearest training image.")
        return file

    async def vote(self, task_id: str, row: int, column: int) -> None:
        """Vote for a column in a row; a later vote replaces it. Raises `NotFound`."""
        task = await self._task(task_id)
        plan = task.snapshot.get("evaluation", {})
        for name, value, count in (
            ("row", row, len(plan.get("rows", ()))),
            ("column", column, plan.get("columns", 0)),
        ):
            if not 0 <= value < count:
                raise InvalidInput(
                    f"`{name}` is {value}.", field=name, fix=f"Give 0 to {count - 1}."
                )
        chosen = LoggedValue(name=VOTE, step=row, value=float(column))
        await self._queue.log(Logged(task_id=task_id, attempt=task.attempt, values=(chosen,)))

    async def _of_run(self, run_id: str, steps: Sequence[int] | None) -> dict[str, Any]:
        """The parameters that a training gives. Raises `NotFound`."""
        run = await self._runs.get(run_id)
        files = await self._queue.read(lambda c: run_log.files(c, run_id, CHECKPOINT))
        known = {file.step: file for file in files}
        for step in steps or ():
            if step not in known:
                raise NotFound(
                    f"The training has no checkpoint at step {step}.",
                    field="steps",
                    fix=f"It has: {', '.join(map(str, known)) or 'none'}.",
                )
        task = await self._queue.get(run_id)
        return {
            "model": run["model"],
            "dataset": task.params.get("dataset", ""),
            "concept": run["trigger_word"] or run["name"],
            "split": _split(run["config"]),
            "checkpoints": [
                {
                    "step": step,
                    "key": file.key,
                    "validation_loss": (file.facts or {}).get("validation_loss"),
                }
                for step, file in known.items()
                if not steps or step in steps
            ],
        }

    async def _task(self, task_id: str) -> Task:
        task = await self._queue.get(task_id)
        if task.operation != OPERATION:
            raise NotFound(f"The task {task_id!r} is no evaluation.")
        return task

    def _entry(self, task: Task) -> dict[str, Any]:
        plan: Mapping[str, Any] = task.snapshot.get("evaluation", {})
        evaluated: Mapping[str, Any] = task.snapshot.get("evaluated", {})
        return {
            "task_id": task.id,
            "status": task.status.value,
            "created_at": task.created_at,
            "finished_at": task.finished_at,
            "run_id": plan.get("run_id") or None,
            "concept": task.params.get("concept", ""),
            "model": task.params.get("model") or "",
            "columns": plan.get("columns", 0),
            "rows": len(plan.get("rows", ())),
            "best": evaluated.get("best"),
            "explanation": evaluated.get("explanation", ""),
            "progress": self._tasks.present(task).get("progress"),
        }


def _split(config: Mapping[str, Any]) -> dict[str, Any]:
    """The images that a training held out."""
    from core.training.configuration.schema import parse  # not on the way to the first answer
    from core.training.split import Split

    return Split.of(parse(config)).model_dump()
