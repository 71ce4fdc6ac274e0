"""Deleted workflows, which can be restored: `.trash/<id>` holds the file and its history."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import NotFound
from core.identifiers import new_id
from core.store import atomic
from core.store.clock import timestamp
from core.workflows.files import name_of, path_of
from core.workflows.versions import history_of, versions_of

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
    if not path.is_file():
        raise FileNotFoundError(path)
    place = path.parent / FOLDER / new_id()
    history = history_of(path)
    pairs = [(history, place / HISTORY)] if history.is_dir() else []
    _into(place, [(path, place / path.name), *pairs])


def discard_leftover(path: Path) -> None:
    """Move the history of a file that another program removed into the trash.

    Its newest version takes the place of the file. Call it before another workflow gets this name.
    Raises `OSError`.
    """
    history = history_of(path)
    if path.exists() or not history.is_dir():
        return
    versions = versions_of(path)
    if not versions:
        shutil.rmtree(history)  # a thumbnail alone
        return
    place = path.parent / FOLDER / new_id()
    _into(place, [(versions[0].path, place / path.name), (history, place / HISTORY)])


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
    """Move a deleted workflow to a file that does not exist, with its history. Raises `OSError`.

    Without a history, it goes on with one at its own name: a deletion was interrupted.
    """
    place = entry.path.parent
    history = place / HISTORY
    if history.is_dir() or target.name != entry.path.name:
        discard_leftover(target)
    pairs = [(history, history_of(target))] if history.is_dir() else []
    atomic.rename_all([*pairs, (entry.path, target)])
    shutil.rmtree(place, ignore_errors=True)


def move(source: Path, target: Path) -> None:
    """Give a workflow's file and its history a name that is free. Raises `OSError`."""
    if source == target:
        return
    discard_leftover(target)
    history = history_of(source)
    pairs = [(history, history_of(target))] if history.is_dir() else []
    atomic.rename_all([*pairs, (source, target)])


def _into(place: Path, pairs: Sequence[tuple[Path, Path]]) -> None:
    """Move files into a new place of the trash; delete the oldest workflows over `KEPT`."""
    try:
        atomic.rename_all(pairs)
    except OSError:
        with suppress(OSError):  # there may be no place yet
            place.rmdir()
        raise
    for oldest in deleted_in(place.parent.parent)[KEPT:]:
        shutil.rmtree(oldest.path.parent, ignore_errors=True)


def _places(trash: Path) -> list[Path]:
    return sorted((path for path in trash.glob("[!.]*") if path.is_dir()), reverse=True)
