"""Failed file operations as storage errors, and a probe for them."""

from __future__ import annotations

import errno
import secrets
from contextlib import suppress
from pathlib import Path

from core.errors import StorageFull, StorageUnavailable
from core.store import atomic


def storage_error(error: OSError, needed: int | None = None) -> StorageUnavailable:
    """Translate `error`; `needed` is the number of bytes that were to be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        wanted = f" ({needed} bytes are needed)" if needed is not None else ""
        return StorageFull(f"The disk has no room{wanted}.")
    return StorageUnavailable(f"The data folder cannot be used: {error.strerror or error}.")


def existing_folder(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def make_folder(folder: Path) -> None:
    """Create a folder unless it exists. Raises `StorageUnavailable`."""
    try:
        atomic.make_folder(folder)
    except OSError as error:
        raise storage_error(error) from error


def check_writable(folder: Path) -> None:
    """Raise `StorageUnavailable` or `StorageFull` where nothing can be written into `folder`."""
    probe = folder / f".probe-{secrets.token_hex(8)}"
    try:
        probe.write_bytes(b"x")
    except OSError as error:
        raise storage_error(error, 1) from error
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
