"""The number of processor cores that a worker uses. Imports no library."""

from __future__ import annotations

import os
import platform

MAX_THREADS = 8


def usable_cores() -> int:
    """Cores that this process may run on."""
    if platform.system() == "Linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads(count: int = 0) -> int:
    """`count`, or for 0 the default number of threads.

    Half of the cores, eight at most: the server and the page need some too, and on two cores two
    threads that wait for each other are slower than one on a small image.
    """
    return count or min(MAX_THREADS, max(1, usable_cores() // 2))
