"""One measurement of the machine: processor, memory, disk, GPUs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.machine.gpus import Gpus


@dataclass(frozen=True, slots=True)
class Series:
    """The description of a measured quantity; `maximum` is the end of its scale."""

    id: str
    label: str
    unit: str
    maximum: float | None = None


class Sampler:
    """Measures the machine. Use it from one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """`folder` lies on the disk that is measured."""
        self._folder = folder
        self.series: dict[str, Series] = {}
        """The quantities measured so far, by ID."""

    @cached_property
    def _gpus(self) -> Gpus:
        return Gpus()

    def read(self) -> dict[str, float]:
        """The values now, by the ID of their series."""
        import psutil

        values: dict[str, float] = {}

        def add(id: str, label: str, unit: str, value: float, maximum: float) -> None:
            self.series[id] = Series(id, label, unit, maximum)
            values[id] = value

        memory = psutil.virtual_memory()
        add("cpu", "Processor", "%", psutil.cpu_percent(None), 100)
        add("memory", "Memory", "bytes", memory.total - memory.available, memory.total)
        try:
            disk = shutil.disk_usage(self._folder)
            add("disk", "Disk", "bytes", disk.used, disk.total)
        except OSError:
            pass  # the folder is away; the others are measured
        gpus = self._gpus.read()
        for index, gpu in enumerate(gpus):
            name = f"GPU {index}" if len(gpus) > 1 else "GPU"
            add(f"gpu{index}", name, "%", gpu.utilisation, 100)
            add(f"gpu{index}_memory", f"{name} memory", "bytes", gpu.used_bytes, gpu.total_bytes)
        return values
