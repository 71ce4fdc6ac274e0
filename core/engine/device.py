"""The device of this worker and its number formats.

Every policy that differs between CUDA, Apple's GPUs and processors is here.
"""

from __future__ import annotations

from dataclasses import dataclass

import psutil
import torch

from core.engine.cores import threads, usable_cores
from core.models.families.family import Precision
from core.models.fit.plans import FreeMemory

# Share of a Mac's memory, which GPU and processor share.
MPS_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Device:
    """A device for tensors. `memory` is its total, bytes; `dtype` its default format."""

    kind: str
    name: str
    dtype: torch.dtype
    memory: int

    def used(self) -> int:
        """Memory in use on the device by all processes, bytes."""
        if self.kind == "cuda":
            free, total = torch.cuda.mem_get_info()
            return int(total - free)
        return int(psutil.virtual_memory().used)

    def free_memory(self) -> FreeMemory:
        """The free memory. Memory that torch caches counts as free."""
        ram = int(psutil.virtual_memory().available)
        if self.kind == "cuda":
            free, _ = torch.cuda.mem_get_info()
            kept = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
            return FreeMemory("cuda", self.memory, int(free + kept), ram)
        return FreeMemory(self.kind, self.memory, min(ram, self.memory), ram)

    def free_caches(self) -> None:
        """Release memory that torch caches."""
        if self.kind == "cuda":
            torch.cuda.empty_cache()
        elif self.kind == "mps":
            torch.mps.empty_cache()

    def dtypes(self, precision: Precision) -> dict[str, torch.dtype]:
        """The format of each part of a family: `default`, and the parts kept in another one.

        A GPU without bfloat16 computes in float16, or in float32 where that overflows.
        """
        dtypes = {"default": _dtype(getattr(precision, self.kind, precision.cpu))}
        dtypes |= {part: _dtype(name) for part, name in precision.kept.items()}
        if self.kind == "cuda" and not torch.cuda.is_bf16_supported():
            swap = {torch.bfloat16: torch.float16}
            dtypes = {part: swap.get(dtype, dtype) for part, dtype in dtypes.items()}
        return dtypes


def choose_device() -> Device:
    """CUDA where there is one, Apple's GPU where there is one, else the processor."""
    if torch.cuda.is_available():
        total = torch.cuda.mem_get_info()[1]
        return Device("cuda", torch.cuda.get_device_name(), torch.bfloat16, total)
    ram = int(psutil.virtual_memory().total)
    if torch.backends.mps.is_available():
        return Device("mps", "Apple GPU", torch.bfloat16, int(ram * MPS_SHARE))
    cores = usable_cores()
    name = f"CPU, {cores} core{'s' if cores != 1 else ''}"
    return Device("cpu", name, torch.float32, ram)


def use_threads(count: int) -> int:
    """Set torch's threads and return their number; 0 chooses."""
    chosen = threads(count)
    torch.set_num_threads(chosen)
    return chosen


def _dtype(name: str) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, name)
    return dtype
