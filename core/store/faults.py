"""Failed file operations as storage errors."""

from __future__ import annotations

import errno

from core.errors import StorageFull, StorageUnavailable


def storage_error(error: OSError, needed: int | None = None) -> StorageUnavailable:
    """Translate `error`; `needed` is the number of bytes that were to be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        wanted = f" ({needed} bytes are needed)" if needed is not None else ""
        return StorageFull(f"The disk has no room{wanted}.")
    return StorageUnavailable(f"The data folder cannot be used: {error.strerror or error}.")
