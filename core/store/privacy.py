"""Permissions of the data directory: only its owner reads it.

New files are made so; those of older versions are changed at start.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from core.store import atomic

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(data_dir: Path) -> None:
    """Take the permissions of group and others from the directory and all that it holds."""
    if os.name == "nt":  # permissions are inherited from the user's folder
        return
    _restrict(data_dir, atomic.PRIVATE_FOLDER)
    for folder, folders, files in os.walk(data_dir):
        for name in folders:
            _restrict(Path(folder, name), atomic.PRIVATE_FOLDER)
        for name in files:
            _restrict(Path(folder, name), atomic.PRIVATE)


def _restrict(path: Path, mode: int) -> None:
    with suppress(OSError):  # it was removed meanwhile, or belongs to another user
        status = path.lstat()
        if status.st_mode & _OTHERS and not stat.S_ISLNK(status.st_mode):
            path.chmod(mode)
