"""Full hashes of model files: every file that a task used is read once, on the io lane.

Decisions use the fingerprint, which is there at once; people and other programs name a file by its
full hash.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from core.models.library.string_map import StringMap
from core.operations.hash_model import HashModel
from core.studio.task_service import TaskService
from core.tasks.states import Priority
from core.tasks.submission import Options
from core.tasks.task import Task


class ModelHashing:
    """Queue a hash for every file that completed tasks used, once per file; keep the results."""

    def __init__(self, hashes: StringMap, tasks: TaskService) -> None:
        self._hashes = hashes
        self._tasks = tasks
        self._requested: set[str] = set()
        self._submissions: set[asyncio.Task[Task]] = set()

    def task_completed(self, task: Task) -> None:
        """Take in a completed task. Called on the event loop's thread."""
        if task.operation == HashModel.name:
            for output in task.outputs:
                hashes = output["value"]
                self._hashes.set(hashes["fingerprint"], hashes["sha256"])
            return
        for kind, file in _files(task):
            fingerprint = file["fingerprint"]
            if fingerprint in self._requested or self._hashes.get(fingerprint) is not None:
                continue
            self._requested.add(fingerprint)
            self._request(kind, file["id"])

    def _request(self, kind: str, file_id: str) -> None:
        params = {"file": file_id, "kind": kind}
        options = Options(priority=Priority.BATCH, hold=False)
        submission = asyncio.ensure_future(self._tasks.submit(HashModel.name, params, options))
        self._submissions.add(submission)
        submission.add_done_callback(self._forget)

    def _forget(self, submission: asyncio.Task[Task]) -> None:
        self._submissions.discard(submission)
        if not submission.cancelled():
            submission.exception()  # the file is gone: only its hash is lost


def _files(task: Task) -> Iterator[tuple[str, dict[str, Any]]]:
    """The single files that a task used: their kind and record."""
    model = task.snapshot.get("model")
    if model and model.get("file"):
        yield "model", model
    for lora in task.snapshot.get("loras", ()):
        yield "lora", lora
