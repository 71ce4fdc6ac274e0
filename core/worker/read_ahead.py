"""Reading files into the system's cache before they are needed, without waiting for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path

import psutil

PIECE = 1 << 20  # bytes; the kernel shortens longer requests
SHARE_OF_MEMORY = 0.5  # of what is available: what is read last must not displace what was first


def read_ahead(files: Iterable[Path]) -> threading.Thread:
    """Start a thread that requests the contents of `files`, in this order, as far as memory goes.

    Nothing is copied into this process. Systems without such a request read the files later.
    """
    thread = threading.Thread(target=_request, args=(list(files),), name="read ahead", daemon=True)
    thread.start()
    return thread


def _request(files: list[Path]) -> None:
    if not hasattr(os, "posix_fadvise"):
        return
    room = int(psutil.virtual_memory().available * SHARE_OF_MEMORY)
    for path in files:
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            continue  # the loader reports what cannot be read
        try:
            size = min(os.fstat(descriptor).st_size, room)
            for offset in range(0, size, PIECE):
                os.posix_fadvise(descriptor, offset, PIECE, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(descriptor)
        room -= size
