"""Folders for the files of running jobs, in the data directory rather than the system's `/tmp`.

A checkpoint may be as large as the model, and `/tmp` is often memory.
"""

from __future__ import annotations

import os
import secrets
import shutil
from functools import cached_property
from pathlib import Path
from types import TracebackType

import psutil

from core.store import atomic


class WorkFolder:
    """One job's folder in `root`: made at first use, removed at the end of the `with` block."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @cached_property
    def path(self) -> Path:
        """The empty folder. Its name begins with the id of this process."""
        path = self._root / f"{os.getpid()}-{secrets.token_hex(8)}"
        atomic.make_folder(path)
        return path

    def __enter__(self) -> WorkFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if "path" in self.__dict__:
            shutil.rmtree(self.path, ignore_errors=True)


def remove_abandoned(root: Path) -> None:
    """Remove the folders of processes that have ended, such as a killed worker."""
    for folder in root.glob("*-*"):
        process = folder.name.split("-", 1)[0]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            shutil.rmtree(folder, ignore_errors=True)
