"""Processes of a training run: their device and precision, collective operations, stop signals.

On a processor one single-threaded process a core is far faster than threads within one process.
Independent of the networks trained. A group of one process does not use torch.distributed.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import multiprocessing

NICENESS = 10  # training gives way to what somebody waits for
# Large temporaries come back from the heap instead of fresh zeroed pages: a fifth of a step's time.
ALLOCATION = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1900 << 20),
    "MALLOC_TOP_PAD_": str(64 << 20),
}


class Precision(StrEnum):
    """Number format of forward passes; weights are float32 in either."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"

    @property
    def dtype(self) -> torch.dtype:
        """The same format as torch names it."""
        return torch.bfloat16 if self is Precision.BFLOAT16 else torch.float32


@dataclass(frozen=True)
class Hardware:
    """Device, precision and number of processes of a run."""

    device: str
    precision: Precision
    processes: int

    @staticmethod
    def choose(
        device: str = "", precision: Precision | None = None, processes: int = 0
    ) -> "Hardware":
        """Options of a command, with defaults that suit the machine.

        Empty `device`: a GPU if there is one. No `precision`: bfloat16 on devices with
        instructions for it, else float32. `processes` 0: one a core on a processor, one on a GPU.
        """
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        if precision is None:
            native = computes_in_bfloat16(device)
            precision = Precision.BFLOAT16 if native else Precision.FLOAT32
        processes = processes or (1 if device == "cuda" else cores())
        return Hardware(device, precision, processes)


@dataclass(frozen=True)
class Group:
    """One process of a run. The process of rank 0 prints and saves."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"
    precision: Precision = Precision.FLOAT32

    @property
    def leads(self) -> bool:
        """True in the process that prints and saves."""
        return self.rank == 0

    def average(self, values: torch.Tensor) -> torch.Tensor:
        """Replace `values` by their mean over the group, in place."""
        if self.size > 1:
            dist.all_reduce(values)
            values /= self.size
        return values

    def share(self, values: torch.Tensor, source: int = 0) -> None:
        """Give everybody the `values` of the process `source`, in place."""
        if self.size > 1:
            dist.broadcast(values, source)

    def wait(self) -> None:
        """Go on when everybody is here."""
        if self.size > 1:
            dist.barrier()

    def autocast(self) -> AbstractContextManager[Any]:
        """Context of a forward pass in the group's precision."""
        if self.precision is Precision.FLOAT32:
            return nullcontext()
        dtype = self.precision.dtype
        context: AbstractContextManager[Any] = torch.autocast(self.device, dtype=dtype)
        return context


def computes_in_bfloat16(device: str) -> bool:
    """True if `device` has instructions for bfloat16; emulation is up to fifty times slower."""
    if device == "cuda":
        return True
    return bool(torch.cpu._is_avx512_bf16_supported())


def start(hardware: Hardware, work: Callable[..., None], *arguments: Any) -> None:
    """Run `work(group, *arguments)` in every process of a group and wait until all have ended."""
    os.environ.update(ALLOCATION)  # read by the C library when the processes begin
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        context = multiprocessing.start_processes(
            _run,
            args=(hardware, meeting, work, arguments),
            nprocs=hardware.processes,
            join=False,
            start_method="spawn",
        )
        _wait(context)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Stopped(Exception):
    """The process was asked to end, and what it does can be left at once."""


class StopSignal:
    """Notices that the process was asked to end, so that a loop can save and leave."""

    def __init__(self) -> None:
        self.raised = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "StopSignal":
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._raise)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise Stopped when the process was asked to end."""
        if self.raised:
            raise Stopped

    def _raise(self, *_: object) -> None:
        self.raised = True


def _wait(context: Any) -> None:
    """Wait for the processes; a request to end is passed on to them, and they save first."""

    def pass_on(number: int, _: object) -> None:
        for process in context.processes:
            if process.is_alive() and process.pid:
                os.kill(process.pid, number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        while not context.join():
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(
    rank: int,
    hardware: Hardware,
    meeting: str,
    work: Callable[..., None],
    arguments: tuple[Any, ...],
) -> None:
    size = hardware.processes
    if hardware.device == "cpu":
        os.nice(NICENESS)
        torch.set_num_threads(1)
    if size > 1:
        if sys.platform == "linux":
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # the group is on one machine
        dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=size)
    try:
        work(Group(rank, size, hardware.device, hardware.precision), *arguments)
    except Stopped:
        print(f"process {rank} stopped", flush=True)
    finally:
        if size > 1:
            dist.destroy_process_group()
