"""GPUs as the driver reports them, without torch: NVML for NVIDIA, sysfs for AMD.

A reader is opened once; a machine without a GPU costs one failed look-up.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SYSFS = Path("/sys/class/drm")
LIBRARIES = ("libnvidia-ml.so.1", "nvml.dll")


@dataclass(frozen=True, slots=True)
class GpuLoad:
    """The load of a GPU: utilisation in percent, memory in bytes."""

    utilisation: float
    used_bytes: int
    total_bytes: int


class _Utilisation(ctypes.Structure):
    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _MemoryInfo(ctypes.Structure):
    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


class Gpus:
    """The GPUs of this machine."""

    def __init__(self, sysfs: Path = SYSFS) -> None:
        self._nvml = _open_nvml()
        self._cards = [path.parent for path in sorted(sysfs.glob("card*/device/gpu_busy_percent"))]

    def read(self) -> list[GpuLoad]:
        """The load of each GPU now."""
        loads = list(_nvidia(self._nvml)) if self._nvml else []
        for card in self._cards:
            with suppress(OSError, ValueError):  # asleep, or gone
                loads.append(
                    GpuLoad(
                        float(_number(card / "gpu_busy_percent")),
                        _number(card / "mem_info_vram_used"),
                        _number(card / "mem_info_vram_total"),
                    )
                )
        return loads


def _open_nvml() -> ctypes.CDLL | None:
    for name in LIBRARIES:
        with suppress(OSError):
            library = ctypes.CDLL(name)
            if library.nvmlInit_v2() == 0:
                return library
    return None


def _nvidia(nvml: ctypes.CDLL) -> Iterator[GpuLoad]:
    count = ctypes.c_uint()
    if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
        return
    for index in range(count.value):
        device = ctypes.c_void_p()
        use, memory = _Utilisation(), _MemoryInfo()
        if nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device)) != 0:
            continue
        if nvml.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) != 0:
            continue
        # A part of a GPU (MIG) has memory and no utilisation.
        nvml.nvmlDeviceGetUtilizationRates(device, ctypes.byref(use))
        yield GpuLoad(float(use.gpu), int(memory.used), int(memory.total))


def _number(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))
