"""Deleted workflows, which can be restored: `.trash/<id>` holds the file and its history."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import NotFound
from core.identifiers import new_id
from core.store import atomic
from core.store.clock import timestamp
from core.workflows.files import name_of, path_of
from core.workflows.versions import history_of

KEPT = 100
FOLDER = ".trash"
HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Deleted:
    """A deleted workflow: the ID of its place in the trash, its name, the time of the deletion."""

    id: str
    name: str
    deleted_at: str
    path: Path


def discard(path: Path) -> None:
    """Move a workflow's file and its history into the trash. Raises `OSError`."""
    trash = path.parent / FOLDER
    place = trash / new_id()
    if not path.is_file():
        raise FileNotFoundError(path)
    atomic.make_folder(place)
    if history_of(path).is_dir():
        atomic.rename(history_of(path), place / HISTORY)
    atomic.rename(path, place / path.name)
    for oldest in _places(trash)[KEPT:]:
        shutil.rmtree(oldest, ignore_errors=True)


def deleted_in(folder: Path) -> list[Deleted]:
    """The deleted workflows of a folder, newest first."""
    entries = []
    for place in _places(folder / FOLDER):
        for path in place.glob("[!.]*.json"):
            at = datetime.fromtimestamp(place.stat().st_mtime, UTC)
            entries.append(Deleted(place.name, name_of(path), timestamp(at), path))
    return entries


def find_deleted(folder: Path, name: str, trash_id: str | None = None) -> Deleted:
    """The newest deleted workflow of a name, or that of an ID. Raises `NotFound`."""
    wanted = name_of(path_of(folder, name))
    for entry in deleted_in(folder):
        if entry.name == wanted and trash_id in (None, entry.id):
            return entry
    raise NotFound(f"The trash has no workflow {name!r}.", fix="See the list of deleted workflows.")


def bring_back(entry: Deleted, target: Path) -> None:
    """Move a deleted workflow to a file that does not exist, with its history. Raises `OSError`."""
    place = entry.path.parent
    atomic.rename(entry.path, target)
    if (place / HISTORY).is_dir():
        move_history(place / HISTORY, history_of(target))
    shutil.rmtree(place, ignore_errors=True)


def move_history(source: Path, target: Path) -> None:
    """Move the history of a workflow; one that lies at `target` is of a name no longer in use."""
    shutil.rmtree(target, ignore_errors=True)
    atomic.rename(source, target)


def _places(trash: Path) -> list[Path]:
    return sorted((path for path in trash.glob("[!.]*") if path.is_dir()), reverse=True)
