"""Output of commands: a progress bar with the remaining time, warnings, saved files."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn

from core.errors import InvalidInput
from core.studio import TaskResult


class _OnStderr:
    """A progress bar on stderr, so that stdout holds paths only."""

    def __init__(self, *columns: ProgressColumn) -> None:
        console = Console(stderr=True)
        self.on_terminal = console.is_terminal
        self._bar = Progress(*columns, console=console, transient=True)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()


class Bar(_OnStderr):
    """A row per task, with its phase and the remaining time.

    Without a terminal, a line is printed for each phase and each tenth of the work.
    """

    def __init__(self) -> None:
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[left]}"),
        )
        self._tasks: dict[str, Any] = {}
        self._printed: dict[str, tuple[str, int]] = {}

    def show(self, task: dict[str, Any]) -> None:
        """Show the current state of a task."""
        row = self._tasks.get(task["id"])
        if row is None:
            row = self._tasks[task["id"]] = self._bar.add_task(task["title"], total=1.0, left="")
        progress = task.get("progress") or {}
        seconds = progress.get("eta_seconds")
        left = "" if seconds is None else f"{remaining(seconds)} left"
        if not self.on_terminal and progress:
            self._print(task, progress, left)
        self._bar.update(
            row,
            description=f"{task['title']}: {describe(task)}",
            completed=1.0 if task["status"] == "completed" else progress.get("fraction", 0.0),
            left=left,
        )

    def _print(self, task: dict[str, Any], progress: Mapping[str, Any], left: str) -> None:
        tenth = int(progress["fraction"] * 10)
        if self._printed.get(task["id"]) == (progress["phase"], tenth):
            return
        self._printed[task["id"]] = (progress["phase"], tenth)
        end = f" ({left})" if left else ""
        print(f"{task['title']}: {describe(task)}{end}", file=sys.stderr, flush=True)


class BatchBar(_OnStderr):
    """The finished rows of a batch."""

    def __init__(self) -> None:
        super().__init__(
            BarColumn(),
            TextColumn("{task.completed:.0f} of {task.total:.0f} rows  {task.description}"),
        )
        self._row = self._bar.add_task("", total=None, visible=False)

    def show(self, batch: Mapping[str, Any]) -> None:
        """Show the number of rows by state."""
        states = batch["states"]
        failed = states.get("failed", 0)
        self._bar.update(
            self._row,
            completed=states.get("completed", 0),
            total=batch["rows"],
            description=f"{failed} failed" if failed else "",
            visible=True,
        )


def remaining(seconds: float) -> str:
    """A time in the unit that it is read in: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def describe(task: dict[str, Any]) -> str:
    """Status or progress of a task, in a few words."""
    progress = task.get("progress")
    if "user" in task.get("hold_reasons", ()):
        return "held; `tasks release` starts it"
    if task["status"] != "running" or not progress:
        return str(task["status"])
    step = f" {progress['step']}/{progress['steps']}" if progress["steps"] else ""
    image = f", image {progress['image']} of {progress['images']}" if progress["images"] > 1 else ""
    return f"{progress['phase']}{step}{image}"


def texts(result: TaskResult) -> list[str]:
    """The texts of a result, such as the paths of saved files."""
    values = (output.get("value") for output in result.task["outputs"])
    return [value for value in values if isinstance(value, str)]


def warn(result: TaskResult) -> None:
    """Print the warnings of a result on stderr, a line each."""
    for warning in result.task["warnings"]:
        place = f"{warning['field']}: " if warning["field"] else ""
        print(f"warning: {place}{warning['detail']}", file=sys.stderr)


def print_result(result: TaskResult, folder: Path, name: str) -> None:
    """Print the warnings of a result on stderr, its texts and the paths of its images on stdout."""
    warn(result)
    for line in [*texts(result), *save(result, folder, name)]:
        print(line)


def writable(folder: Path) -> None:
    """Create the folder for images before work begins. Raises `InvalidInput`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(None, "Permission denied")
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot be written: {error.strerror or error}.",
            field="--out",
            fix="Name a folder that you can write to.",
        ) from error


def save(result: TaskResult, folder: Path, name: str) -> list[Path]:
    """Write the images of a result, without replacing existing files.

    Images of several ports are named by port: `rembg-mask.png`.
    """
    several = len({image.port for image in result.images}) > 1
    saved = []
    for image in result.images:
        parts = [name, *([image.port] if several else [])]
        stem = "-".join([*parts, *([str(image.seed)] if image.seed is not None else [])])
        path, count = folder / f"{stem}.{image.ending}", 1
        while path.exists():
            count += 1
            path = folder / f"{stem}-{count}.{image.ending}"
        saved.append(image.save(path))
    return saved
