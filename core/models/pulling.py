"""Bringing what the catalogue names: an entry and all that it needs, one download at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import DownloadFailed
from core.models.catalogue import Catalogue, Entry
from core.models.download import RemoteFile, Told, download, list_files

LOCK_NAME = ".downloads.lock"
LOOK_AGAIN = 0.2  # seconds


class Downloads:
    """Puts files of the catalogue's entries below a models folder."""

    def __init__(self, catalogue: Catalogue, root: Path) -> None:
        self._catalogue = catalogue
        self._root = root

    def pull(self, entry_id: str, told: Told) -> list[str]:
        """Bring an entry and its needs; the places of all files, below the models folder.

        Two downloads would write the same parts, so another one is waited for. Raises `NotFound`,
        `DownloadFailed`, `StorageFull` and whatever `told` raises.
        """
        entries = self._catalogue.with_needs(entry_id)
        self._root.mkdir(parents=True, exist_ok=True)
        with self._alone(told):
            files = self._files(entries)
            download(files, told)
        return [str(file.target.relative_to(self._root)) for file in files]

    @contextmanager
    def _alone(self, told: Told) -> Iterator[None]:
        lock = FileLock(self._root / LOCK_NAME)
        while not lock.is_locked:
            try:
                lock.acquire(timeout=LOOK_AGAIN)
            except Timeout:
                told(0, 0)
        try:
            yield
        finally:
            lock.release()

    def _files(self, entries: Sequence[Entry]) -> list[RemoteFile]:
        lists: dict[str, list[str]] = {}
        files: list[RemoteFile] = []
        for entry in entries:
            if entry.repository not in lists:
                lists[entry.repository] = list_files(entry.repository)
            places = entry.places(lists[entry.repository])
            if not places:
                raise DownloadFailed(
                    f"{entry.repository} has none of the files of {entry.label}.",
                    fix=f"Look at {entry.page} and put them into {self._root} by hand.",
                )
            files += [
                RemoteFile(entry.repository, path, self._root / place)
                for path, place in places.items()
            ]
        return files
