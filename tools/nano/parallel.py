"""Where training runs: the processes, their device and precision, and how they agree.

On a processor one single-threaded process a core is far faster than threads within one process.
Knows nothing of what is trained. A group of one process needs no torch.distributed at all.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Group:
    """One process among those that train together: rank 0 is the one that prints and saves."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def leads(self) -> bool:
        """Whether this process is the one that prints and saves."""
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

    def precision(self) -> AbstractContextManager[Any]:
        """The context of a forward pass: bfloat16 where the device computes in it."""
        if computes_in_bfloat16(self.device):
            low: AbstractContextManager[Any] = torch.autocast(self.device, dtype=torch.bfloat16)
            return low
        return nullcontext()


def computes_in_bfloat16(device: str) -> bool:
    """Whether `device` has instructions for bfloat16; emulated it is up to fifty times slower."""
    if device == "cuda":
        return True
    return bool(torch.cpu._is_avx512_bf16_supported())


def start(work: Callable[..., None], *arguments: Any, processes: int = 0, device: str = "") -> None:
    """Run `work(group, *arguments)` in every process of a group and wait until all have ended.

    `processes` 0: one a core on a processor, one on a GPU. `device` empty: a GPU if there is one.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    processes = processes or (1 if device == "cuda" else cores())
    os.environ.update(ALLOCATION)  # read by the C library when the processes begin
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        context = multiprocessing.start_processes(
            _run,
            args=(processes, device, meeting, work, arguments),
            nprocs=processes,
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

    before = {each: signal.signal(each, pass_on) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        while not context.join():
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(
    rank: int,
    size: int,
    device: str,
    meeting: str,
    work: Callable[..., None],
    arguments: tuple[Any, ...],
) -> None:
    if device == "cpu":
        os.nice(NICENESS)
        torch.set_num_threads(1)
    if size > 1:
        if sys.platform == "linux":
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # the group is on one machine
        dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=size)
    try:
        work(Group(rank, size, device), *arguments)
    except Stopped:
        print(f"process {rank} stopped", flush=True)
    finally:
        if size > 1:
            dist.destroy_process_group()
