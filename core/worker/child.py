"""The worker process: `python -m core.worker.child`, started by the supervisor.

Reads jobs from its pipe, runs one at a time, hands results to the encoder's thread and says what
happened. It never opens the database. Only the device lane imports torch. Whatever a job raises
becomes a report; the process ends when it is told to, when the server is gone, or when it dies.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import psutil

from core.errors import StudioError, TaskFailure
from core.models.inventory.pulling import ModelDownloads
from core.models.library.library import Library
from core.operations.declaration.base import Downloads, LeasedModel, LoadedModel, Models
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import Registry, load
from core.prompts.presets import PromptPresets
from core.store.blobs import make_blob_store
from core.store.outputs import OutputFolder
from core.worker.auxiliary_models import WarmAuxiliaryModels
from core.worker.channel import Channel
from core.worker.encoder import Delivery, Encoder
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
from core.worker.work_folder import WorkFolder, remove_abandoned

if TYPE_CHECKING:
    from core.engine.pool import ModelPool

log = logging.getLogger("worker")

IDLE_SECONDS = 1.0
COLLECT_EVERY = 200  # jobs, when there is no idle moment


class NoModels:
    """What `ctx.models` is on lanes without a device."""

    def get(self, model_id: str, vae: str | None = None) -> LoadedModel:
        """There are none here."""
        raise TaskFailure(f"The model {model_id!r} can only be used on the device lane.")

    def lease(self, model_id: str, vae: str | None = None) -> AbstractContextManager[LeasedModel]:
        """Always raises `TaskFailure`."""
        raise TaskFailure(f"The model {model_id!r} can only be used on the device lane.")

    def unload(self, model_id: str) -> bool:
        """There is none to let go."""
        return False


class NoDownloads:
    """What `ctx.downloads` is on lanes that bring nothing."""

    def pull(self, entry_id: str, told: Callable[[int, int], None]) -> list[str]:
        """Not here."""
        raise TaskFailure(f"{entry_id!r} can only be downloaded on the io lane.")

    def hash(self, file: str, kind: str, told: Callable[[int, int], None]) -> dict[str, str]:
        """Not here."""
        raise TaskFailure(f"{file!r} can only be hashed on the io lane.")


class Worker:
    """One child: its lane, its operations, its models."""

    def __init__(self, wire: Channel, hello: Hello) -> None:
        self._wire = wire
        self._hello = hello
        self._inbox = Inbox(wire)
        self._settings = hello.settings
        self._encoder = Encoder(wire, self._inbox, make_blob_store(hello.settings.data_dir))
        self._outputs = OutputFolder(hello.settings.output_dir)
        self._work = hello.settings.data_dir / "work"
        self._registry = Registry()
        self._pool: ModelPool | None = None
        self._auxiliary_models: WarmAuxiliaryModels | None = None
        self._files: Downloads | None = None
        self._device: dict[str, Any] = {"kind": "cpu", "name": "CPU"}
        self._done = 0

    def serve(self) -> None:
        """Warm up, then run jobs until told to stop."""
        self._inbox.open()
        self._say("loading operations")
        self._registry = load(self._settings.operation_modules)
        remove_abandoned(self._work)
        if self._hello.lane == "device":
            self._warm()
        # From here on the collector runs between jobs only, and never looks at what is loaded now.
        gc.collect()
        gc.freeze()
        gc.disable()
        self._wire.send(Ready(device=self._device, memory=_memory()))
        rested = False
        while not self._inbox.stopping:
            start = self._inbox.next(IDLE_SECONDS)
            if start is not None:
                self._run(start)
                rested = self._rest(self._done % COLLECT_EVERY == 0)
            else:
                self._let_go()
                rested = rested or self._rest(True)
        self._encoder.drain()

    def _warm(self) -> None:
        self._say("loading libraries")
        from core.engine import device, loading, pool

        loading.quiet()
        device.use_threads(self._settings.threads)
        found = device.choose_device()
        self._device = {
            "kind": found.kind,
            "name": found.name,
            "memory_bytes": found.memory,
            "free_bytes": found.free_memory().free,
        }
        self._pool = pool.ModelPool(self._library, found, self._settings.pool_bytes)
        if self._settings.warm:
            self._warm_model()

    def _warm_model(self) -> None:
        """Load the default model; a worker without one is still a worker."""
        assert self._pool is not None
        try:
            model = self._library.default("generate")
            self._say(f"loading {model.label}")
            self._pool.get(model.id).warm()
        except StudioError as error:
            log.warning("no model was warmed: %s", error.detail)

    def _rest(self, due: bool) -> bool:
        if due:
            gc.collect()
        return due

    def _let_go(self) -> None:
        """Unload what was idle for long, where that is wished."""
        idle = self._settings.unload_seconds
        if idle and self._pool is not None:
            self._pool.unload_idle(idle)
        if idle and self._auxiliary_models is not None:
            self._auxiliary_models.unload_idle(idle)

    # One job.

    def _run(self, start: Start) -> None:
        """Run a job and report how it ended; nothing it raises ends the worker."""
        task_id, attempt = start.about
        delivery = Delivery(
            self._encoder, start.about, start.snapshot, {}, transient=start.transient
        )
        out_of_memory = False
        try:
            with WorkFolder(self._work) as folder:
                self._operate(start, delivery, folder)
        except TaskCancelled:
            delivery.abandon()
            self._inbox.close(start.about)
            self._wire.send(Cancelled(task_id=task_id, attempt=attempt))
        except RunYielded as handed:
            delivery.abandon()
            self._inbox.close(start.about)
            self._wire.send(Yielded(task_id=task_id, attempt=attempt, checkpoint_key=handed.key))
        except BaseException as error:
            # Protects the worker: an operation may raise anything, sys.exit() included, and the
            # next job must find the process as the last one did.
            log.warning("task %s failed", task_id, exc_info=not isinstance(error, StudioError))
            delivery.abandon()
            self._inbox.close(start.about)
            out_of_memory = is_out_of_memory(error)
            failure = as_studio_error(error).record()
            self._wire.send(Failed(task_id=task_id, attempt=attempt, error=failure))
        # Here and not above: while the exception lives, its frames hold the tensors.
        if out_of_memory:
            self._free_caches()
        self._done += 1

    def _operate(self, start: Start, delivery: Delivery, folder: WorkFolder) -> None:
        operation = self._registry.operation(start.operation)
        delivery.kinds = {port.name: port.type for port in operation.outputs}
        runs = runs_of(operation, start.params, start.snapshot)
        context = JobContext(
            start,
            self._models(),
            self._auxiliary(),
            self._downloads(),
            delivery,
            partial(LibraryContext, self._library, self._prompts),
            self._outputs,
            folder,
            len(runs),
        )
        if context.cancelled:
            raise TaskCancelled
        began = time.perf_counter()
        for index, run in enumerate(runs):
            context.begin(index, run)
            operation.model_validate(run.params).run(context)
        timings = {"compute_seconds": round(time.perf_counter() - began, 4)}
        if loading := context.reporter.loading_seconds:
            timings["loading_seconds"] = round(loading, 4)
        if metrics := context.reporter.metrics:
            context.note({"metrics": {name: metric.value for name, metric in metrics.items()}})
        self._encoder.reserve()
        self._wire.send(Computed(task_id=start.task_id, attempt=start.attempt))
        delivery.close(tuple(context.warnings), timings)

    def _models(self) -> Models:
        return self._pool if self._pool is not None else NoModels()

    def _auxiliary(self) -> WarmAuxiliaryModels:
        if self._auxiliary_models is None:
            device = self._device["kind"] if self._hello.lane == "device" else "cpu"
            self._auxiliary_models = WarmAuxiliaryModels(self._library, device)
        return self._auxiliary_models

    def _downloads(self) -> Downloads:
        if self._hello.lane != "io":
            return NoDownloads()
        if self._files is None:
            self._files = ModelDownloads(self._library, self._settings.model_dirs[0])
        return self._files

    @cached_property
    def _library(self) -> Library:
        """The models on disk; one scan serves the pool, the auxiliary models and the downloads."""
        settings = self._settings
        return Library(
            settings.model_dirs, words=settings.model_words, presets_dir=settings.presets_dir
        )

    @cached_property
    def _prompts(self) -> PromptPresets:
        return PromptPresets(self._settings.presets_dir, self._settings.wildcards_dir)

    def _free_caches(self) -> None:
        gc.collect()
        if self._pool is not None:
            self._pool.free_caches()

    def _say(self, phase: str) -> None:
        self._wire.send(Starting(phase=phase))


def _memory() -> dict[str, int]:
    memory = psutil.virtual_memory()
    return {"total_bytes": int(memory.total), "used_bytes": int(memory.used)}


def main() -> None:
    """The process from its first line to its last."""
    wire = Channel.take_standard_streams()
    # Ctrl+C in a terminal reaches the whole group: the server decides what it means for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = 0
    try:
        hello = decode_request(next(wire.lines()))
        if not isinstance(hello, Hello) or hello.version != VERSION:
            raise ValueError(f"expected hello of version {VERSION}, got {hello.type}")
        level = hello.settings.log_level.upper()
        logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
        Worker(wire, hello).serve()
    except BaseException as error:
        # The last words: without them the server knows only an exit code.
        log.exception("the worker cannot go on")
        wire.send(Dead(reason=f"{type(error).__name__}: {error}"[:500]))
        code = 1
    sys.stderr.flush()
    # Not sys.exit: the inbox's thread still reads, and Python's shutdown would trip over it.
    os._exit(code)


if __name__ == "__main__":
    main()
