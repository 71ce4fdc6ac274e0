"""The worker process: `python -m core.worker.child`, started by the supervisor.

It reads jobs from its pipe, runs one at a time, passes results to the encoder's thread and reports
how each job ended. It never opens the database, and imports torch on the device lane only. An
exception in a job becomes a report. The process ends on request, with the server, or by a crash.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence

import psutil

from core.errors import StudioError
from core.logs import records
from core.operations.declaration.registry import Registry, load
from core.provenance.signing import Signer
from core.store.blobs import make_blob_store
from core.worker.batch import BatchRunner
from core.worker.channel import Channel
from core.worker.delivery import Delivery
from core.worker.encoder import Encoder
from core.worker.failures import as_studio_error, is_out_of_memory
from core.worker.inbox import Inbox
from core.worker.items import runs_of
from core.worker.job_context import JobContext, RunYielded, TaskCancelled
from core.worker.protocol import (
    VERSION,
    Cancelled,
    Computed,
    Dead,
    Failed,
    Hello,
    Ready,
    Start,
    Starting,
    Yielded,
    decode_request,
)
from core.worker.resources import Resources
from core.worker.work_folder import WorkFolder, remove_abandoned

log = logging.getLogger("worker")

FIRST_JOB_SECONDS = 0.1  # for a job that waits already: it warms the model as well
IDLE_SECONDS = 1.0
COLLECT_EVERY = 200  # jobs, when there is no idle moment


class Worker:
    """The loop of a worker: its operations, and the job that runs."""

    def __init__(self, channel: Channel, hello: Hello) -> None:
        settings = hello.settings
        self._channel = channel
        self._lane = hello.lane
        self._operation_modules = settings.operation_modules
        self._inbox = Inbox(channel)
        self._signer = Signer(settings.data_dir) if settings.provenance else None
        store = make_blob_store(settings.data_dir)
        self._encoder = Encoder(
            channel, self._inbox, store, self._signer, watermark=settings.watermark
        )
        self._work = settings.data_dir / "work"
        self._registry = Registry()
        self._resources = Resources(hello.lane, settings)
        self._batches = BatchRunner(self._encoder, self._resources, self._work)
        self._jobs_done = 0
        self._frozen = False

    def serve(self) -> None:
        """Warm up, then run jobs until a request to stop."""
        self._inbox.open()
        self._send_phase("loading operations")
        self._registry = load(self._operation_modules)
        remove_abandoned(self._work)
        if self._lane == "device":
            self._prepare_signer()
            self._send_phase("loading libraries")
            self._resources.load_engine()
            self._resources.load_default_model(self._send_phase)
        self._channel.send(Ready(device=self._resources.device, memory=_memory()))
        self._run_jobs()
        self._encoder.drain()

    def _run_jobs(self) -> None:
        starts = self._inbox.next(FIRST_JOB_SECONDS)
        if not starts and not self._inbox.stopping:
            self._resources.warm_default_model()
            if self._lane == "cpu":
                self._prepare_signer()
        collected = False
        while starts or not self._inbox.stopping:
            if starts:
                self._start(starts)
                records.task_id.set(None)
                records.request_id.set(None)
                self._jobs_done += 1
                due = self._jobs_done % COLLECT_EVERY == 0
            else:
                self._resources.unload_idle()
                due = not collected
            if due:
                self._collect()
            collected = due or (collected and not starts)
            starts = self._inbox.next(IDLE_SECONDS)

    def _prepare_signer(self) -> None:
        """Make the first signature fast, in the encoder's thread."""
        if self._signer is not None:
            self._encoder.put(self._signer.prepare)

    def _collect(self) -> None:
        gc.collect()
        if not self._frozen:  # later collections skip all that was loaded by then
            gc.freeze()
            self._frozen = True

    def _start(self, starts: Sequence[Start]) -> None:
        if len(starts) > 1:
            self._batches.run(self._registry.operation(starts[0].operation), starts)
        else:
            self._run(starts[0])

    def _run(self, start: Start) -> None:
        """Run a job and report how it ended; no exception of it ends the worker."""
        task_id, attempt = start.about
        records.task_id.set(task_id)
        records.request_id.set(start.snapshot.get("request_id"))
        delivery = Delivery(
            self._encoder, start.about, start.snapshot, {}, transient=start.transient
        )
        ending: Cancelled | Yielded | Failed
        out_of_memory = False
        try:
            with WorkFolder(self._work) as folder:
                self._operate(start, delivery, folder)
            return
        except TaskCancelled:
            ending = Cancelled(task_id=task_id, attempt=attempt)
        except RunYielded as yielded:
            ending = Yielded(task_id=task_id, attempt=attempt, checkpoint_key=yielded.key)
        except BaseException as error:
            # Protects the worker: an operation may raise anything, sys.exit() included, and the
            # next job must find the process as the last one did.
            log.warning("task %s failed", task_id, exc_info=not isinstance(error, StudioError))
            out_of_memory = is_out_of_memory(error)
            failure = as_studio_error(error).record()
            ending = Failed(task_id=task_id, attempt=attempt, error=failure)
        delivery.abandon()
        self._inbox.close(start.about)
        self._channel.send(ending)
        # Here and not above: while the exception lives, its frames hold the tensors.
        if out_of_memory:
            self._resources.free_caches()

    def _operate(self, start: Start, delivery: Delivery, folder: WorkFolder) -> None:
        operation = self._registry.operation(start.operation)
        delivery.kinds = {port.name: port.type for port in operation.outputs}
        runs = runs_of(operation, start.params, start.snapshot)
        context = JobContext(start, self._resources, delivery, folder, len(runs))
        if context.cancelled:
            raise TaskCancelled
        began = time.perf_counter()
        for index, run in enumerate(runs):
            context.begin(index, run, operation)
            operation.model_validate(run.params).run(context)
        timings = {"compute_seconds": round(time.perf_counter() - began, 4)}
        if loading := context.reporter.loading_seconds:
            timings["loading_seconds"] = round(loading, 4)
        if metrics := context.reporter.metrics:
            context.note({"metrics": {name: metric.value for name, metric in metrics.items()}})
        self._encoder.reserve()
        self._channel.send(Computed(task_id=start.task_id, attempt=start.attempt))
        delivery.close(tuple(context.warnings), timings)

    def _send_phase(self, phase: str) -> None:
        self._channel.send(Starting(phase=phase))


def _memory() -> dict[str, int]:
    memory = psutil.virtual_memory()
    return {"total_bytes": int(memory.total), "used_bytes": int(memory.used)}


def main() -> None:
    """Run a worker process from its first message to its exit."""
    gc.disable()  # it runs between jobs only; while modules load it takes a third of the time
    channel = Channel.take_standard_streams()
    # Ctrl+C in a terminal reaches the whole group: the server decides what it means for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = 0
    try:
        hello = decode_request(next(channel.lines()))
        if not isinstance(hello, Hello) or hello.version != VERSION:
            raise ValueError(f"expected hello of version {VERSION}, got {hello.type}")
        console = logging.StreamHandler()
        console.setFormatter(records.WorkerFormatter())
        logging.basicConfig(level=hello.settings.log_level.upper(), handlers=[console])
        Worker(channel, hello).serve()
    except BaseException as error:
        # Protects the report of the reason: without it the server has only an exit code.
        log.exception("the worker cannot go on")
        channel.send(Dead(reason=f"{type(error).__name__}: {error}"[:500]))
        code = 1
    sys.stderr.flush()
    # Not sys.exit: the inbox's thread still reads, and Python's shutdown would trip over it.
    os._exit(code)


if __name__ == "__main__":
    main()
