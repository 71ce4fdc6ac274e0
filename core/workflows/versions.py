"""Earlier versions of saved workflows, the newest `KEPT` of each.

A version is the file as it was before a save replaced it. It lies beside the workflows, in the
hidden folder `.history/<file name>`, and moves along when its workflow is renamed or deleted.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import NotFound
from core.identifiers import new_id
from core.store import atomic
from core.store.clock import timestamp

KEPT = 20
FOLDER = ".history"


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier version: its ID, which sorts by age, and the time when it was saved."""

    id: str
    saved_at: str
    path: Path


def history_of(path: Path) -> Path:
    """The folder of what is kept about the workflow in a file."""
    return path.parent / FOLDER / path.stem


def keep(path: Path) -> None:
    """Keep the content of a workflow's file as a version. Raises `OSError`."""
    content = path.read_bytes()
    folder = history_of(path)
    earlier = _files(folder)
    if earlier and earlier[0].read_bytes() == content:
        return
    target = folder / f"{new_id()}.json"
    atomic.write_bytes(target, content)
    saved = path.stat().st_mtime_ns
    os.utime(target, ns=(saved, saved))


def trim(path: Path) -> None:
    """Delete all but the newest `KEPT` versions, once the save that made the last one is done."""
    for oldest in _files(history_of(path))[KEPT:]:
        with suppress(OSError):  # the next save deletes it
            oldest.unlink()


def versions_of(path: Path) -> list[Version]:
    """The versions of the workflow in a file, newest first. Raises `OSError`.

    Without one that is equal to the file: a save that failed kept it, or a program undid its edit.
    """
    files = _files(history_of(path))
    if files and path.is_file() and files[0].read_bytes() == path.read_bytes():
        files = files[1:]
    return [_version(file) for file in files[:KEPT]]


def version_of(path: Path, version_id: str) -> Version:
    """One version. Raises `NotFound` or `OSError`."""
    for version in versions_of(path):
        if version.id == version_id:
            return version
    raise NotFound(
        f"There is no version {version_id!r}.",
        field="version",
        fix=f"Choose one of the last {KEPT}, as the list of versions names them.",
    )


def _files(folder: Path) -> list[Path]:
    """The files of the versions, newest first."""
    return sorted(folder.glob("[!.]*.json"), reverse=True)


def _version(file: Path) -> Version:
    saved = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return Version(file.stem, timestamp(saved), file)
