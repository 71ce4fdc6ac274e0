"""The context of a training in a worker: the part of an operation's context that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, Protocol


class RunLog(Protocol):
    """The log of a long run, stored while it runs and kept with its task."""

    def values(self, step: int, values: Mapping[str, float]) -> None:
        """Log values by name at a step; a later value of the same name and step replaces them."""

    def file(
        self,
        kind: str,
        step: int,
        data: bytes,
        *,
        media_type: str,
        index: int = 0,
        facts: Mapping[str, Any] = {},
    ) -> None:
        """Log a file by kind, step and index, with JSON about it."""

    def drop(self, kind: str, step: int) -> None:
        """Forget the files of a kind at a step."""

    def flush(self) -> None:
        """Send what was logged."""


class TrainingContext(Protocol):
    """See `core.operations.declaration.base.Context`."""

    task_id: str

    @property
    def cancelled(self) -> bool:
        """True once a cancel was requested."""

    @property
    def run_log(self) -> RunLog:
        """The values and files of the run."""

    @property
    def run_folder(self) -> Path:
        """A folder that survives interruptions."""

    @property
    def cache_folder(self) -> Path:
        """A folder for what can be computed again."""

    @property
    def folder(self) -> Path:
        """A folder for this attempt."""

    def progress(self, phase: str, *, step: int = 0, steps: int = 0) -> None:
        """Report progress; raises once a cancel was requested."""

    def metric(self, name: str, value: float, step: int) -> None:
        """Set the newest value of a metric."""

    def should_yield(self) -> bool:
        """True when a task of a higher priority waits."""

    def checkpoint(self, path: Path) -> NoReturn:
        """Store a file and end this attempt."""

    def warn(self, code: str, detail: str, field: str | None = None) -> None:
        """Something the user should know although the training goes on."""
