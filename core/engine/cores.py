"""How many processor cores a worker may use. Knows no library, so that every worker can ask."""

from __future__ import annotations

import os
import platform

MOST = 8


def usable_cores() -> int:
    """Cores that this process may run on."""
    if platform.system() == "Linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads(wanted: int = 0) -> int:
    """How many threads compute at once; 0 chooses.

    Half of the cores, eight at most: the server and the page need some too, and on two cores two
    threads that wait for each other draw a small picture slower than one.
    """
    return wanted or min(MOST, max(1, usable_cores() // 2))
