"""The output folder: files are saved inside it, and never over an existing file.

A temporary file is written, synced, and linked to its final name, which fails where the name is
taken: a saved file is whole, and two writers never share a name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import Conflict, Refused
from core.store import atomic
from core.store.faults import storage_error

MAX_SAME_NAME = 10_000


class OutputFolder:
    """Saved files under `root`, which the first write creates."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def save(self, parts: Sequence[str], ending: str, data: bytes) -> str:
        """Write `data` as `parts` (folders, then the name) with `.ending`.

        Returns the path relative to the root, with slashes. A taken name gets a number. The parts
        must be plain names, as `core.pictures.names.render` returns. Raises `Refused` where a
        folder is a link, `Conflict` where 10,000 files have the name, `StorageFull`,
        `StorageUnavailable`.
        """
        if not parts or any(_is_path(part) for part in (*parts, ending)):
            raise Refused(f"{'/'.join(parts)!r} holds more than plain names.")
        try:
            root = self._create(parts[:-1])
            return self._write(root, parts[-1], ending, data)
        except OSError as error:
            raise storage_error(error, len(data)) from error

    def _create(self, folders: Sequence[str]) -> Path:
        """Create the folder of a file. Links are not followed: they may leave the root."""
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
                if _link(partial, target):
                    return target.relative_to(self._root.resolve()).as_posix()
        raise Conflict(
            f"There are {MAX_SAME_NAME} files called {name!r} already.", field="file_name"
        )


def _names(folder: Path, name: str, ending: str) -> Iterator[Path]:
    yield folder / f"{name}.{ending}"
    for number in range(2, MAX_SAME_NAME + 1):
        yield folder / f"{name}-{number}.{ending}"


def _link(partial: Path, target: Path) -> bool:
    """Give the temporary file its name; False where the name is taken."""
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
    return part in ("", ".", "..") or any(character in part for character in "/\\\0:")
