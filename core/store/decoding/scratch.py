"""Files that carry images to a decoder process and back."""

from __future__ import annotations

import os
import secrets
import shutil
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from core.store import atomic
from core.store.faults import storage_error


class ScratchFile:
    """The path of a file that is removed with this object."""

    def __init__(self, path: Path) -> None:
        self.path = path
        weakref.finalize(self, _remove, path)


class Scratch:
    """A folder of scratch files, which the first one creates."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def reserve(self) -> ScratchFile:
        """A new name; no file yet. Raises `StorageUnavailable`."""
        try:
            atomic.make_folder(self._root)
        except OSError as error:
            raise storage_error(error) from error
        return ScratchFile(self._root / secrets.token_hex(8))

    def write(self, content: bytes | BinaryIO) -> ScratchFile:
        """A new file. Raises `StorageFull`, `StorageUnavailable`."""
        scratch = self.reserve()
        try:
            descriptor = os.open(scratch.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, atomic.PRIVATE)
            with os.fdopen(descriptor, "wb") as file:
                if isinstance(content, bytes):
                    file.write(content)
                else:
                    shutil.copyfileobj(content, file)
        except OSError as error:
            raise storage_error(error) from error
        return scratch

    def sweep(self, older_than_seconds: float) -> None:
        """Remove files of dead processes."""
        limit = time.time() - older_than_seconds
        for path in self._root.glob("*"):
            with suppress(OSError):
                if path.stat().st_mtime <= limit:
                    path.unlink()


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
