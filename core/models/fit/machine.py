"""The free memory of this machine, as the system and the driver of a GPU report it."""

from __future__ import annotations

import psutil

from core.machine.gpus import Gpus
from core.models.fit.plans import FreeMemory


def free_memory() -> FreeMemory:
    """The free memory of the first GPU, else that of the machine."""
    ram = psutil.virtual_memory()
    gpus = Gpus().read()
    if not gpus:
        return FreeMemory("cpu", ram.total, ram.available, ram.available)
    first = gpus[0]
    free = first.total_bytes - first.used_bytes
    return FreeMemory("cuda", first.total_bytes, free, ram.available)
