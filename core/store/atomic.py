"""Atomic file replacement: readers see the old file or the new one, never a part of either.

A temporary file in the target's folder is written, synced and renamed. A process that dies midway
leaves only the temporary file, whose name begins with a dot and ends with `.partial`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path

SUFFIX = ".partial"
PRIVATE = 0o600
PRIVATE_FOLDER = 0o700


def write_text(target: Path, text: str, *, durable: bool = True, mode: int = PRIVATE) -> None:
    """Replace `target` with `text` in UTF-8; otherwise as `write_bytes`."""
    write_bytes(target, text.encode("utf-8"), durable=durable, mode=mode)


def write_bytes(target: Path, data: bytes, *, durable: bool = True, mode: int = PRIVATE) -> None:
    """Replace `target` with `data`, creating its folder.

    `durable` waits until the file survives a power loss; a cache can do without. `mode` holds the
    permissions before the umask. Raises `OSError`; `target` is unchanged then.
    """
    with replacing(target, durable=durable, mode=mode) as partial:
        partial.write_bytes(data)


@contextmanager
def replacing(target: Path, *, durable: bool = True, mode: int = PRIVATE) -> Iterator[Path]:
    """Yield a temporary file that replaces `target` at the end of the block.

    An exception in the block removes the temporary file and leaves `target` unchanged.
    """
    with temporary(target.parent, mode=mode) as partial:
        yield partial
        move(partial, target, durable=durable)


@contextmanager
def temporary(folder: Path, *, mode: int = PRIVATE) -> Iterator[Path]:
    """Yield a new empty file in `folder`, which is created; remove it unless it was moved."""
    make_folder(folder)
    partial = folder / f".{secrets.token_hex(8)}{SUFFIX}"
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        yield partial
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, readable by this user only; existing ones stay."""
    for missing in reversed(
        [*takewhile(lambda path: not path.exists(), (folder, *folder.parents))]
    ):
        missing.mkdir(PRIVATE_FOLDER, exist_ok=True)


def move(partial: Path, target: Path, *, durable: bool = True) -> None:
    """Rename a closed temporary file to `target`, on the same file system."""
    if durable:
        sync(partial)
    rename(partial, target, durable=durable)


def rename(source: Path, target: Path, *, durable: bool = True) -> None:
    """Rename a file or folder within a file system, creating the folders above `target`."""
    created = list(takewhile(lambda folder: not folder.exists(), target.parents))
    make_folder(target.parent)
    os.replace(source, target)
    if durable:
        for folder in dict.fromkeys((target.parent, *(path.parent for path in created))):
            _sync_folder(folder)


def rename_all(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Rename files or folders, in order, to names that are free: all of them, or none.

    A process that dies midway leaves the first ones renamed. Raises `OSError`.
    """
    try:
        for source, target in pairs:
            rename(source, target)
    except OSError:
        for source, target in reversed(pairs):
            if not source.exists():
                with suppress(OSError):  # it was not renamed yet
                    os.replace(target, source)
        raise


def sync(file: Path) -> None:
    """Wait until the content of a closed file is on the disk."""
    descriptor = os.open(file, os.O_RDWR)  # Windows syncs only what is open for writing
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_data(file: Path) -> None:
    """As `sync`, but not of times that reading the content does not need: SQLite syncs its log so.

    Where the content lies in blocks that the file has already, one write to the disk is enough.
    """
    descriptor = os.open(file, os.O_RDWR)
    try:
        getattr(os, "fdatasync", os.fsync)(descriptor)  # macOS and Windows have none
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open folders; its rename is journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
