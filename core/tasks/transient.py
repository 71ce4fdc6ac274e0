"""Transient runs: live previews while a slider moves, without a row and without a file.

They run the same operation in the same worker as a task. Each slot (one control of one client) has
at most one run in flight: a newer request stops it and replaces one that waits. The last result of
each slot stays in memory for minutes.
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
    """The result of a run: its outputs as JSON; type and bytes of those that are files."""

    id: str
    slot: str
    outputs: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    timings: Mapping[str, float]
    files: dict[int, tuple[str, bytes]]
    created: float = field(default_factory=time.monotonic)

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
    """Starts transient runs and keeps their results. Used from one event loop."""

    def __init__(self, registry: Registry, submission: Submission, executor: Executor) -> None:
        self._registry = registry
        self._submission = submission
        self._executor = executor
        self._slots: dict[str, _Slot] = {}
        self._runs: dict[str, tuple[str, _Run]] = {}
        self._results: OrderedDict[str, TransientResult] = OrderedDict()
        self._starting: set[asyncio.Task[None]] = set()
        executor.subscribe(self._report)

    async def run(self, name: str, params: Mapping[str, Any], slot: str = "") -> TransientResult:
        """Run an operation once and return its result.

        Raises the errors of a submission, `Superseded` when a newer request of the slot came, and
        the error that the run failed with (`WorkerLost` where its worker died).
        """
        run = _Run(await self._prepared(name, params), asyncio.get_running_loop().create_future())
        state = self._slots.setdefault(slot, _Slot())
        self._runs[run.task.id] = (slot, run)
        if state.waiting is not None:
            self._end(state.waiting, Cancelled(task_id=state.waiting.task.id, attempt=ATTEMPT))
        if state.running is None:
            state.running = run
            await self._start(run)
        else:
            state.waiting = run
            await self._executor.cancel(state.running.task.id, ATTEMPT)
        return self._keep(slot, run.task, await self._ending(run))

    def forget(self) -> int:
        """Drop all results; return their number."""
        count = len(self._results)
        self._results.clear()
        return count

    def file(self, result_id: str, index: int) -> tuple[str, bytes]:
        """Media type and bytes of an output. Raises `NotFound` once it is dropped."""
        self._drop_old()
        result = self._results.get(result_id)
        if result is None or index not in result.files:
            raise NotFound(
                f"The transient result {result_id!r} is no longer in memory.", fix="Run it again."
            )
        return result.files[index]

    # Running

    async def _prepared(self, name: str, params: Mapping[str, Any]) -> Task:
        operation = self._registry.operation(name)
        if not operation.transient:
            raise Conflict(f"{operation.title} only runs as a task.", field="transient")
        for port, port_field in port_fields(operation).items():
            given = params.get(port)
            stored = isinstance(given, str) and not given.startswith("data:")
            if kind_of(port_field.type).stored and given is not None and not stored:
                raise InvalidInput(
                    "A transient run takes stored images only.",
                    field=port,
                    fix="Upload the image first, and send the ID of its asset.",
                )
        return await self._submission.prepare(name, params, Options())

    async def _start(self, run: _Run) -> None:
        task = run.task
        try:
            await self._executor.run(start_message(task, attempt=ATTEMPT, transient=True))
        except StudioError as error:  # not started: its slot must not wait for an ending
            self._end(run, Failed(task_id=task.id, attempt=ATTEMPT, error=error.record()))

    async def _ending(self, run: _Run) -> Finished:
        try:
            ending = await asyncio.wait_for(asyncio.shield(run.ended), LONGEST_SECONDS)
        except TimeoutError:
            await self._executor.cancel(run.task.id, ATTEMPT)
            raise TaskFailure(
                f"There was no result within {LONGEST_SECONDS:.0f} s.",
                fix="Run it as a task: leave `transient` out.",
            ) from None
        if isinstance(ending, Finished):
            return ending
        if isinstance(ending, Failed):
            raise StudioError.from_record(ending.error)
        if isinstance(ending, Lost):
            raise WorkerLost(ending.reason, fix="Try it again.")
        raise Superseded("A newer request replaced this one.")

    def _report(self, report: ExecutorReport) -> None:
        if isinstance(report, _ENDINGS) and report.task_id in self._runs:
            self._end(self._runs[report.task_id][1], report)

    def _end(self, run: _Run, ending: ExecutorReport) -> None:
        """End a run and start the one that waits in its slot."""
        slot, _ = self._runs.pop(run.task.id)
        if not run.ended.done():
            run.ended.set_result(ending)
        state = self._slots[slot]
        if state.waiting is run:
            state.waiting = None
        if state.running is run:
            state.running, state.waiting = state.waiting, None
            if state.running is not None:
                job = asyncio.create_task(self._start(state.running))
                self._starting.add(job)
                job.add_done_callback(self._starting.discard)
        if state.running is None and state.waiting is None:
            del self._slots[slot]

    # Results

    def _keep(self, slot: str, task: Task, report: Finished) -> TransientResult:
        files: dict[int, tuple[str, bytes]] = {}
        for index, output in enumerate(report.outputs):
            if output.data is not None:
                files[index] = (output.type or "", base64.b64decode(output.data))
        result = TransientResult(
            id=task.id,
            slot=slot,
            outputs=[_output_data(output) for output in report.outputs],
            warnings=[*task.warnings, *(notice.model_dump() for notice in report.warnings)],
            timings=report.timings,
            files=files,
        )
        for older in [kept.id for kept in self._results.values() if kept.slot == slot]:
            del self._results[older]
        self._results[result.id] = result
        self._drop_old()
        return result

    def _drop_old(self) -> None:
        """Drop old results and, while they are too large together, all but the newest."""
        limit = time.monotonic() - KEEP_SECONDS
        size = sum(result.size for result in self._results.values())
        for result in list(self._results.values())[:-1]:
            if result.created < limit or size > KEEP_BYTES:
                size -= result.size
                del self._results[result.id]
        with suppress(StopIteration):
            newest = next(reversed(self._results.values()))
            if newest.created < limit:
                del self._results[newest.id]


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
