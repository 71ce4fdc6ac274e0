"""Runs that leave no trace: no row, no file; for the look at a picture while a slider moves.

The same operation in the same worker as a task, handed to it directly. Each slot (one control of
one client) has at most one run in flight: a newer request stops it, and takes the place of one
that still waited. Results stay in memory for minutes, one a slot.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    StudioError,
    Superseded,
    TaskFailure,
    WorkerLost,
)
from core.kinds import kind_of
from core.operations.declaration.fields import port_fields
from core.operations.declaration.registry import Registry
from core.tasks.start import start_message
from core.tasks.submission import Options, Submission
from core.tasks.task import Task
from core.worker.executor import Executor, ExecutorReport
from core.worker.protocol import (
    Cancelled,
    Failed,
    Finished,
    Lost,
    Output,
    Yielded,
)

KEEP_SECONDS = 300.0
KEEP_BYTES = 128 << 20
LONGEST_SECONDS = 60.0
ATTEMPT = 1
_ENDINGS = (Finished, Failed, Cancelled, Yielded, Lost)


@dataclass(slots=True)
class TransientResult:
    """What a run made: outputs as clients read them, and the bytes of those that are files."""

    id: str
    slot: str
    outputs: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    timings: Mapping[str, float]
    files: dict[int, tuple[str, bytes]]
    born: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(len(data) for _, data in self.files.values())


@dataclass(slots=True)
class _Run:
    task: Task
    ended: asyncio.Future[ExecutorReport]


@dataclass(slots=True)
class _Slot:
    running: _Run | None = None
    waiting: _Run | None = None


class Transients:
    """Runs without a trace. Used from one event loop."""

    def __init__(self, registry: Registry, submission: Submission, executor: Executor) -> None:
        self._registry = registry
        self._submission = submission
        self._executor = executor
        self._slots: dict[str, _Slot] = {}
        self._runs: dict[str, tuple[str, _Run]] = {}
        self._kept: OrderedDict[str, TransientResult] = OrderedDict()
        self._giving: set[asyncio.Task[None]] = set()
        executor.subscribe(self._report)

    async def run(self, name: str, params: Mapping[str, Any], slot: str = "") -> TransientResult:
        """Run once and wait for it.

        Raises what a submission raises, `Superseded` when a newer request of the slot came, and
        what the run failed with (`WorkerLost` where its worker died).
        """
        run = _Run(await self._prepared(name, params), asyncio.get_running_loop().create_future())
        place = self._slots.setdefault(slot, _Slot())
        self._runs[run.task.id] = (slot, run)
        if place.waiting is not None:
            self._end(place.waiting, Cancelled(task_id=place.waiting.task.id, attempt=ATTEMPT))
        if place.running is None:
            place.running = run
            await self._give(run)
        else:
            place.waiting = run
            await self._executor.cancel(place.running.task.id, ATTEMPT)
        return self._keep(slot, run.task, await self._ending(run))

    def file(self, result_id: str, place: int) -> tuple[str, bytes]:
        """Media type and bytes of an output. Raises `NotFound` when it is gone."""
        self._forget_old()
        found = self._kept.get(result_id)
        if found is None or place not in found.files:
            raise NotFound(
                "This result is gone: it was kept in memory for a while.", fix="Ask for it again."
            )
        return found.files[place]

    # From request to ending.

    async def _prepared(self, name: str, params: Mapping[str, Any]) -> Task:
        operation = self._registry.operation(name)
        if not operation.transient:
            raise Conflict(f"{operation.title} only runs as a task.", field="transient")
        for port, fed in port_fields(operation).items():
            given = params.get(port)
            stored = isinstance(given, str) and not given.startswith("data:")
            if kind_of(fed.type).stored and given is not None and not stored:
                raise InvalidInput(
                    "A transient run takes stored images only.",
                    field=port,
                    fix="Upload the image first, and send the ID of its asset.",
                )
        return await self._submission.prepare(name, params, Options())

    async def _give(self, run: _Run) -> None:
        task = run.task
        try:
            await self._executor.run(start_message(task, attempt=ATTEMPT, transient=True))
        except StudioError as error:  # nobody took it: its slot must not wait for an ending
            self._end(run, Failed(task_id=task.id, attempt=ATTEMPT, error=error.record()))

    async def _ending(self, run: _Run) -> Finished:
        try:
            found = await asyncio.wait_for(asyncio.shield(run.ended), LONGEST_SECONDS)
        except TimeoutError:
            await self._executor.cancel(run.task.id, ATTEMPT)
            raise TaskFailure(
                f"There was no result within {LONGEST_SECONDS:.0f} s.",
                fix="Run it as a task: leave `transient` out.",
            ) from None
        if isinstance(found, Finished):
            return found
        if isinstance(found, Failed):
            raise StudioError.from_record(found.error)
        if isinstance(found, Lost):
            raise WorkerLost(found.reason, fix="Try it again.")
        raise Superseded("A newer request took the place of this one.")

    def _report(self, report: ExecutorReport) -> None:
        if isinstance(report, _ENDINGS) and report.task_id in self._runs:
            self._end(self._runs[report.task_id][1], report)

    def _end(self, run: _Run, ending: ExecutorReport) -> None:
        """One run has ended; what waited in its slot begins."""
        slot, _ = self._runs.pop(run.task.id)
        if not run.ended.done():
            run.ended.set_result(ending)
        place = self._slots[slot]
        if place.waiting is run:
            place.waiting = None
        if place.running is run:
            place.running, place.waiting = place.waiting, None
            if place.running is not None:
                job = asyncio.create_task(self._give(place.running))
                self._giving.add(job)
                job.add_done_callback(self._giving.discard)
        if place.running is None and place.waiting is None:
            del self._slots[slot]

    # What is kept.

    def _keep(self, slot: str, task: Task, found: Finished) -> TransientResult:
        files: dict[int, tuple[str, bytes]] = {}
        for place, output in enumerate(found.outputs):
            if output.data is not None:
                files[place] = (output.type or "", base64.b64decode(output.data))
        result = TransientResult(
            id=task.id,
            slot=slot,
            outputs=[_output_data(output) for output in found.outputs],
            warnings=[*task.warnings, *(notice.model_dump() for notice in found.warnings)],
            timings=found.timings,
            files=files,
        )
        for older in [one.id for one in self._kept.values() if one.slot == slot]:
            del self._kept[older]
        self._kept[result.id] = result
        self._forget_old()
        return result

    def _forget_old(self) -> None:
        limit = time.monotonic() - KEEP_SECONDS
        held = sum(one.size for one in self._kept.values())
        for one in list(self._kept.values())[:-1]:
            if one.born < limit or held > KEEP_BYTES:
                held -= one.size
                del self._kept[one.id]
        with suppress(StopIteration):
            newest = next(reversed(self._kept.values()))
            if newest.born < limit:
                del self._kept[newest.id]


def _output_data(output: Output) -> dict[str, Any]:
    """An output as JSON, without the bytes of its file."""
    return {
        "port": output.port,
        "index": output.index,
        "kind": output.kind,
        "value": output.value,
        "width": output.width,
        "height": output.height,
        "seed": output.seed,
    }
