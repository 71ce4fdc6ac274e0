"""Full hashes follow: a file that was used is read through on the io lane, once.

The fingerprint, there at once, decides; by the full hash people and other tools name a file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from core.models.library.library import Library
from core.operations.hash_model import HashModel
from core.tasks.states import Priority
from core.tasks.submission import Options
from core.tasks.task import Task

Submit = Callable[[str, dict[str, Any], Options], Awaitable[Task]]


class Hashing:
    """Hears of completed tasks; asks for the hashes of what they used and keeps those that come."""

    def __init__(self, library: Library, submit: Submit) -> None:
        self._library = library
        self._submit = submit
        self._asked: set[str] = set()
        self._asking: set[asyncio.Task[Task]] = set()

    def heard(self, task: Task) -> None:
        """A task completed. Called on the event loop's thread."""
        if task.operation == HashModel.name:
            for output in task.outputs:
                found = output["value"]
                self._library.hashes.set(found["fingerprint"], found["sha256"])
            return
        for kind, file in _used(task):
            if file["fingerprint"] not in self._asked and self._unknown(file["fingerprint"]):
                self._asked.add(file["fingerprint"])
                self._ask(kind, file["id"])

    def _unknown(self, fingerprint: str) -> bool:
        return self._library.hashes.get(fingerprint) is None

    def _ask(self, kind: str, file_id: str) -> None:
        params, options = {"file": file_id, "kind": kind}, Options(priority=Priority.BATCH)
        asking = asyncio.ensure_future(self._submit(HashModel.name, params, options))
        self._asking.add(asking)
        asking.add_done_callback(self._done)

    def _done(self, asking: asyncio.Task[Task]) -> None:
        self._asking.discard(asking)
        if not asking.cancelled():
            asking.exception()  # the file went away meanwhile: nothing is lost but its hash


def _used(task: Task) -> Iterator[tuple[str, dict[str, Any]]]:
    """The single files that a task drew with."""
    model = task.snapshot.get("model")
    if model and model.get("file"):
        yield "model", model
    for lora in task.snapshot.get("loras", ()):
        yield "lora", lora
