"""The output folder: files are saved inside it, and never over an existing file.

A temporary file is written, synced, and linked to its final name, which fails where the name is
taken: a saved file is whole, and two writers never share a name. The name of each output of a task
is recorded before the link, so that another attempt at the task finds the file of the first.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import Conflict, Refused
from core.store import atomic
from core.store.faults import storage_error

MAX_SAME_NAME = 10_000


def saved_folder(data_dir: Path) -> Path:
    """The folder of the records of names."""
    return data_dir / "saved"


class OutputFolder:
    """Saved files under `root`, which the first write creates."""

    def __init__(self, root: Path, *, private: bool = False) -> None:
        """`private`: only this user can read the files, as all of the data directory."""
        self._root = root
        self._mode = atomic.PRIVATE if private else 0o666
        self._folder_mode = atomic.PRIVATE_FOLDER if private else 0o777

    def save(
        self, parts: Sequence[str], ending: str, data: bytes, record: Path | None = None
    ) -> str:
        """Write `data` as `parts` (folders, then the name) with `.ending`.

        Returns the path relative to the root, with slashes. A taken name gets a number. Where the
        file `record` names an earlier attempt's path, that path is kept, and its file too. Parts
        must be plain names, as `core.pictures.names.render` returns. Raises `Refused` where a
        folder is a link, `Conflict` where 10,000 files have the name, `StorageFull`,
        `StorageUnavailable`.
        """
        if not parts or any(_is_path(part) for part in (*parts, ending)):
            raise Refused(f"{'/'.join(parts)!r} holds more than plain names.")
        _check_encoding("/".join(parts))
        try:
            if record is not None and (name := _recorded(record, ending)) is not None:
                if self._holds(name, record):
                    return name
                parts = name.removesuffix(f".{ending}").split("/")
            return self._write(self._create(parts[:-1]), parts[-1], ending, data, record)
        except OSError as error:
            raise storage_error(error, len(data)) from error

    def _create(self, folders: Sequence[str]) -> Path:
        """Create the folder of a file. Links are not followed: they may leave the root."""
        self._root.mkdir(self._folder_mode, parents=True, exist_ok=True)
        folder = self._root.resolve()
        for name in folders:
            folder = folder / name
            folder.mkdir(self._folder_mode, exist_ok=True)
            if folder.resolve() != folder:
                raise Refused(
                    f"The folder {name!r} is a link, which is not followed.",
                    field="file_name",
                    fix="Use another folder in the name.",
                )
        return folder

    def sweep(self, records: Path, kept: frozenset[str], older_than_seconds: float) -> None:
        """Remove unfinished files of dead processes, and records of other tasks than `kept`."""
        ended = [path for path in records.glob("*.json") if path.name.partition("-")[0] not in kept]
        limit = time.time() - older_than_seconds
        for path in (*ended, *self._root.rglob(f".*{atomic.SUFFIX}")):
            with suppress(OSError):
                if path.lstat().st_mtime <= limit:
                    path.unlink()

    def _holds(self, name: str, record: Path) -> bool:
        """True where the recorded file was saved and has not been changed."""
        path = self._root / name
        if not path.is_file():
            return False
        digest: str = json.loads(record.read_bytes())["sha256"]
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest

    def _write(self, folder: Path, name: str, ending: str, data: bytes, record: Path | None) -> str:
        with atomic.temporary(folder, mode=self._mode) as partial:
            partial.write_bytes(data)
            atomic.sync(partial)
            for target in _names(folder, name, ending):
                if target.exists():
                    continue
                path = target.relative_to(self._root.resolve()).as_posix()
                if record is not None:
                    digest = hashlib.sha256(data).hexdigest()
                    text = json.dumps({"path": path, "sha256": digest})
                    atomic.write_text(record, text, durable=False)
                if _link(partial, target):
                    return path
        raise Conflict(
            f"There are {MAX_SAME_NAME} files called {name!r} already.", field="file_name"
        )


def _recorded(record: Path, ending: str) -> str | None:
    """The recorded path, if it is one that `save` may write."""
    try:
        path = json.loads(record.read_bytes())["path"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    valid = isinstance(path, str) and path.endswith(f".{ending}")
    return path if valid and not any(map(_is_path, path.split("/"))) else None


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
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        atomic.move(partial, target)
    return True


def _check_encoding(name: str) -> None:
    """Raise `Refused` for a name with letters that the file system cannot write here."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise Refused(
            f"The file name {name!r} has letters that this system cannot write.",
            field="file_name",
            fix="Use plain letters, or start the studio in a UTF-8 locale.",
        ) from None


def _is_path(part: str) -> bool:
    return part in ("", ".", "..") or any(character in part for character in "/\\\0:")
