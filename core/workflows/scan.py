"""The folder of saved workflows, scanned by stat: only files that changed are read again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import InvalidWorkflow
from core.store.clock import timestamp
from core.workflows.files import files_by_name, name_of, read_json
from core.workflows.versions import history_of
from core.workflows.workflow import Workflow, parse

SEARCHED_MAX = 20_000  # characters of a workflow
THUMBNAIL = "thumbnail"

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class SavedEntry:
    """A saved workflow in the list. `text` is what a search reads, in lower case."""

    name: str
    description: str
    tags: tuple[str, ...]
    bricks: int
    exposed: int
    updated_at: str
    text: str


class FolderScan:
    """The workflows of a folder, newest first. Use it under a lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[Path, tuple[Stamp, SavedEntry | None]] = {}
        self._known: dict[Path, Stamp] | None = None

    def entries(self) -> list[SavedEntry]:
        """The saved workflows, newest first. Files that are no workflows are left out."""
        present = dict(self._files())
        self._entries = {path: self._entry(path, stamp) for path, stamp in present.items()}
        entries = [entry for _, entry in self._entries.values() if entry is not None]
        return sorted(entries, key=lambda entry: (entry.updated_at, entry.name), reverse=True)

    def changes(self) -> list[tuple[str, str]]:
        """The names of files that changed since the last call, each with `saved` or `deleted`."""
        before, self._known = self._known, dict(self._files())
        if before is None:
            return []
        saved = [path for path, stamp in self._known.items() if before.get(path) != stamp]
        deleted = before.keys() - self._known.keys()
        return [(name_of(path), "saved") for path in saved] + [
            (name_of(path), "deleted") for path in deleted
        ]

    def acknowledge(self, paths: Iterable[Path]) -> None:
        """Count the present state of files as known: their change is published already."""
        if self._known is None:
            return
        for path in paths:
            self._known.pop(path, None)
            with suppress(OSError):
                self._known[path] = _stamp(path.stat())

    def _files(self) -> Iterator[tuple[Path, Stamp]]:
        try:
            paths = files_by_name(self._folder).values()
        except OSError:
            return  # there is no folder before the first save
        for path in paths:
            with suppress(OSError):  # deleted meanwhile
                yield path, _stamp(path.stat())

    def _entry(self, path: Path, stamp: Stamp) -> tuple[Stamp, SavedEntry | None]:
        known = self._entries.get(path)
        if known is not None and known[0] == stamp:
            return known
        try:
            return stamp, _described(path, parse(read_json(path)), stamp)
        except (OSError, InvalidWorkflow):
            return stamp, None  # not a workflow, or deleted meanwhile


def thumbnail_file(path: Path) -> Path:
    """The file that names the image of the workflow's last result."""
    return history_of(path) / THUMBNAIL


def _stamp(stat: os.stat_result) -> Stamp:
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _described(path: Path, workflow: Workflow, stamp: Stamp) -> SavedEntry:
    name = name_of(path)
    texts = [name, workflow.description, *workflow.tags, *_texts(workflow)]
    return SavedEntry(
        name=name,
        description=workflow.description,
        tags=tuple(workflow.tags),
        bricks=len(workflow.bricks),
        exposed=sum(len(brick.exposed) for brick in workflow.bricks),
        updated_at=timestamp(datetime.fromtimestamp(stamp[0] / 1e9, UTC)),
        text="\n".join(texts)[:SEARCHED_MAX].casefold(),
    )


def _texts(workflow: Workflow) -> Iterator[str]:
    """The types of the bricks and the texts of their props."""
    for brick in workflow.bricks:
        yield brick.type
        values: list[Any] = list(brick.props.values())
        yield from (value for value in values if isinstance(value, str))
