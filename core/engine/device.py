"""The device this worker draws on, its precision and its memory. Knows no model."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

import psutil
import torch


@dataclass(frozen=True, slots=True)
class Device:
    """Where tensors live. `memory` is the device's total, bytes."""

    kind: str
    name: str
    dtype: torch.dtype
    memory: int

    def used(self) -> int:
        """Memory in use on the device by everybody, bytes."""
        if self.kind == "cuda":
            free, total = torch.cuda.mem_get_info()
            return int(total - free)
        return int(psutil.virtual_memory().used)

    def free_caches(self) -> None:
        """Give back what torch keeps for reuse."""
        if self.kind == "cuda":
            torch.cuda.empty_cache()


def choose_device() -> Device:
    """CUDA in bfloat16 where there is one, else the processor in float32."""
    if torch.cuda.is_available():
        total = torch.cuda.mem_get_info()[1]
        return Device("cuda", torch.cuda.get_device_name(), torch.bfloat16, total)
    cores = usable_cores()
    name = f"CPU, {cores} core{'s' if cores != 1 else ''}"
    return Device("cpu", name, torch.float32, int(psutil.virtual_memory().total))


def usable_cores() -> int:
    """Cores that this process may run on."""
    if platform.system() == "Linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def use_threads(wanted: int) -> int:
    """Set torch's threads and return their number; 0 chooses.

    Half of the cores, eight at most: the server and the page need some too, and on two cores two
    threads that wait for each other draw a small picture slower than one.
    """
    threads = wanted or min(8, max(1, usable_cores() // 2))
    torch.set_num_threads(threads)
    return threads
