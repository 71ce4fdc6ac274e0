"""Files of trainings in the data directory: states to resume from, and encodings.

A state goes with its task, at once when the task completed, and some days after it failed or was
cancelled. An encoding goes some days after it was used last: it can be computed again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FOLDER = "training"
RUNS, CACHE = "runs", "cache"
STATE = "state.safetensors"
DAY = 86_400.0  # seconds


@dataclass(frozen=True, slots=True)
class RunState:
    """The task of a state: `ended` is the time of its end, seconds; None while it may go on."""

    completed: bool
    ended: float | None


def run_folders(root: Path) -> list[Path]:
    """The folders of runs. List them before the tasks are read: a later one has no task there."""
    return sorted((root / RUNS).glob("*"))


def sweep(
    root: Path, folders: Iterable[Path], tasks: Mapping[str, RunState], days: float, now: float
) -> int:
    """Remove what is no longer needed below the folder of trainings; the number of files.

    `folders` are those of `run_folders`, `tasks` the trainings of the database by id, `now` a time
    in seconds.
    """
    removed = 0
    for folder in folders:
        state = tasks.get(folder.name)
        if state is None:
            removed += sum(path.is_file() for path in folder.rglob("*"))
            shutil.rmtree(folder, ignore_errors=True)
        elif state.completed or (state.ended is not None and now - state.ended > days * DAY):
            removed += _remove(folder / STATE)
    for path in (root / CACHE).rglob("*"):
        with suppress(OSError):
            if path.is_file() and now - path.stat().st_mtime > days * DAY:
                removed += _remove(path)
    return removed


def _remove(path: Path) -> int:
    try:
        path.unlink()
    except OSError:  # gone already, or in use
        return 0
    return 1
