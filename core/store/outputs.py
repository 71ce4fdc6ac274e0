"""The folder that results are saved to: never outside it, never over what is there.

A file is written under a name that nobody reads, synced, and linked to its own name, which fails
where that is taken; so a saved file is whole, and two savers never share a name. Knows nothing of
what is saved, nor of how names are made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import Conflict, Refused
from core.store import atomic
from core.store.faults import plain_os_error

MOST_ALIKE = 10_000


class OutputFolder:
    """Saved files under `root`, which is made when first written to."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def save(self, parts: Sequence[str], ending: str, data: bytes) -> str:
        """Write `data` as `parts` (folders, then the name) with `.ending`.

        Returns the path from the root, with slashes. A taken name gets a number. The parts must
        be plain names (core/pictures/names.py makes such). Raises `Refused` where a folder on the
        way is a link, `Conflict` where 10,000 files have the name, `StorageFull`,
        `StorageUnavailable`.
        """
        if not parts or any(_is_path(part) for part in (*parts, ending)):
            raise Refused("A saved file's name is made of plain names.")
        try:
            root = self._made(parts[:-1])
            return self._write(root, parts[-1], ending, data)
        except OSError as error:
            raise plain_os_error(error, len(data)) from error

    def _made(self, folders: Sequence[str]) -> Path:
        """The folder for a file. Links are not followed: they may lead out of the root."""
        self._root.mkdir(parents=True, exist_ok=True)
        folder = self._root.resolve()
        for name in folders:
            folder = folder / name
            folder.mkdir(exist_ok=True)
            if folder.resolve() != folder:
                raise Refused(
                    f"The folder {name!r} is a link, which is not followed.",
                    field="file_name",
                    fix="Use another folder in the name.",
                )
        return folder

    def _write(self, folder: Path, name: str, ending: str, data: bytes) -> str:
        with atomic.temporary(folder) as partial:
            partial.write_bytes(data)
            atomic.sync(partial)
            for target in _names(folder, name, ending):
                if _took(partial, target):
                    return target.relative_to(self._root.resolve()).as_posix()
        raise Conflict(f"There are {MOST_ALIKE} files called {name!r} already.", field="file_name")


def _names(folder: Path, name: str, ending: str) -> Iterator[Path]:
    yield folder / f"{name}.{ending}"
    for number in range(2, MOST_ALIKE + 1):
        yield folder / f"{name}-{number}.{ending}"


def _took(partial: Path, target: Path) -> bool:
    """Give the written file its name; False where the name is taken."""
    try:
        os.link(partial, target)
    except FileExistsError:
        return False
    except OSError:  # a file system without links: the name is taken first, then filled at once
        try:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            return False
        atomic.move(partial, target)
    return True


def _is_path(part: str) -> bool:
    return part in ("", ".", "..") or any(sign in part for sign in "/\\\0:")
