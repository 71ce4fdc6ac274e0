"""Tasks that run together in a worker.

Where that fails, whatever the reason, nothing has ended: every task is returned, to run alone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Hashable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from core.operations.declaration.base import Operation
from core.worker.delivery import Delivery
from core.worker.encoder import Encoder
from core.worker.failures import is_out_of_memory
from core.worker.items import runs_of
from core.worker.job_context import JobContext, TaskCancelled
from core.worker.protocol import Cancelled, Computed, Returned, Start
from core.worker.resources import Resources
from core.worker.work_folder import WorkFolder

log = logging.getLogger("worker")


class BatchMember(JobContext):
    """The context of one task of a batch. A cancel ends the task, but not the batch."""

    def __init__(
        self, start: Start, resources: Resources, delivery: Delivery, folder: WorkFolder
    ) -> None:
        super().__init__(start, resources, delivery, folder)
        self.others: Sequence[BatchMember] = ()
        self.ended = False

    def progress(self, phase: str, **details: Any) -> None:
        """See `Context`. Raises `TaskCancelled` once all tasks of the batch are cancelled."""
        self.end_if_cancelled()
        if not self.ended:
            super().progress(phase, **details)
        elif all(other.ended for other in self.others):
            raise TaskCancelled

    def end_if_cancelled(self) -> None:
        """Report the ending of a cancelled task at once."""
        if self.cancelled and not self.ended:
            self.ended = True
            self._delivery.abandon()
            self._inbox.close(self._start.about)
            ending = Cancelled(task_id=self.task_id, attempt=self.attempt)
            self._delivery.encoder.channel.send(ending)

    def finish(self, timings: Mapping[str, float]) -> None:
        """Report the results of a task that was not cancelled; `timings` are its share."""
        self.end_if_cancelled()
        if self.ended:
            return
        rounded = {name: round(seconds, 4) for name, seconds in timings.items() if seconds}
        self._delivery.encoder.reserve()
        self._delivery.encoder.channel.send(Computed(task_id=self.task_id, attempt=self.attempt))
        self._delivery.close(tuple(self.warnings), rounded)

    def release(self) -> None:
        """Return a task that did not end, without its results."""
        self.end_if_cancelled()
        if self.ended:
            return
        self._delivery.abandon()
        self._inbox.close(self._start.about)
        self._delivery.encoder.channel.send(Returned(task_id=self.task_id, attempt=self.attempt))


class BatchRunner:
    """Runs batches. One that ran out of memory is not tried again."""

    def __init__(self, encoder: Encoder, resources: Resources, work: Path) -> None:
        self._encoder = encoder
        self._resources = resources
        self._work = work
        self._too_large: set[Hashable] = set()

    def run(self, operation: type[Operation], starts: Sequence[Start]) -> None:
        """Run tasks of one operation together; each ends, or is returned."""
        size = _size(starts)
        out_of_memory = False
        with ExitStack() as folders:
            members = [
                self._member(operation, start, folders.enter_context(WorkFolder(self._work)))
                for start in starts
            ]
            for member in members:
                member.others = members
            try:
                if size not in self._too_large:
                    self._run(operation, starts, members)
                    return
            except TaskCancelled:  # all of them are, and have ended
                return
            except BaseException as error:
                # Protects the worker, as for a single task. Each task is tried alone and then
                # fails, if it does, by its own error.
                log.warning("a batch of %d tasks failed", len(starts), exc_info=True)
                out_of_memory = is_out_of_memory(error)
            for member in reversed(members):  # each goes before all others
                member.release()
        # Here and not above: while the exception lives, its frames hold the tensors.
        if out_of_memory:
            self._too_large.add(size)
            self._resources.free_caches()

    def _member(self, operation: type[Operation], start: Start, folder: WorkFolder) -> BatchMember:
        delivery = Delivery(self._encoder, start.about, start.snapshot, {})
        delivery.kinds = {port.name: port.type for port in operation.outputs}
        return BatchMember(start, self._resources, delivery, folder)

    def _run(
        self,
        operation: type[Operation],
        starts: Sequence[Start],
        members: Sequence[BatchMember],
    ) -> None:
        began = time.perf_counter()
        runs = []
        for start, member in zip(starts, members, strict=True):
            (run,) = runs_of(operation, start.params, start.snapshot)
            member.begin(0, run, operation)
            runs.append((operation.model_validate(run.params), member))
        operation.run_batch(runs)
        seconds = (time.perf_counter() - began) / len(members)
        loading = max(member.reporter.loading_seconds for member in members) / len(members)
        for member in members:
            member.finish({"compute_seconds": seconds, "loading_seconds": loading})


def _size(starts: Sequence[Start]) -> Hashable:
    """All that the memory of a batch depends on."""
    params = starts[0].params
    return len(starts), *(str(params.get(name)) for name in ("model", "vae", "width", "height"))
