"""The interface between the dispatcher and the place where tasks run.

The dispatcher submits tasks and receives reports; it never handles processes. `LocalExecutor` runs
them in child processes of this machine; an executor on other machines implements the same protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from core.worker.protocol import Start, TaskReport

State = Literal["starting", "ready", "busy", "restarting", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class LaneState:
    """The state of a lane.

    `free` is the number of jobs that would start at once; `pid` belongs to one of its workers.
    `idle` counts the workers that `Executor.start_idle_worker` could start; 0 while one starts.
    `device` (kind, name) and `memory` (total_bytes, used_bytes) are those of the first worker that
    is ready; `next_device` is that of the worker that takes the next task. A lane of several
    devices adds the `index` to both, and to the name.
    """

    name: str
    state: State
    detail: str
    concurrency: int
    free: int
    pid: int | None
    restarts: int
    idle: int = 0
    device: Mapping[str, Any] | None = None
    memory: Mapping[str, int] | None = None
    next_device: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class LaneReport:
    """The new state of a lane."""

    lane: LaneState
    type: Literal["lane"] = "lane"


ExecutorReport = TaskReport | LaneReport
Listener = Callable[[ExecutorReport], None]


class Executor(Protocol):
    """Runs tasks and reports on them, on the event loop that started it.

    Each task that `run` accepted gets exactly one ending, whatever happens to its worker.
    """

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every later report, on the event loop; it must not block."""

    async def start(self) -> None:
        """Start warming; returns at once."""

    async def stop(self, grace: float) -> None:
        """End within `grace` seconds; tasks that still run are reported as lost."""

    def lanes(self) -> Mapping[str, LaneState]:
        """All lanes by name; the same names for the executor's whole life."""

    async def start_idle_worker(self, lane: str) -> None:
        """Start one idle worker of a lane, if there is one."""

    async def restart(self, lane: str) -> None:
        """End the workers of a lane and start them again; their tasks are reported as lost."""

    async def run(self, *starts: Start) -> None:
        """Accept a task, or the tasks of one batch, for one worker of their lane.

        Raises `ValueError` for an unknown lane or device.
        """

    async def cancel(self, task_id: str, attempt: int) -> None:
        """Stop a task within one step, or kill its worker. Does nothing for an unknown task."""

    async def request_yield(self, task_id: str, attempt: int) -> None:
        """Request a checkpoint of a task. Does nothing for an unknown task."""
