"""The composition root: every service of the process that owns a data directory.

The API's routers and the Python API (core/studio.py) both talk to this object.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from core.errors import InvalidWorkflow, StudioError
from core.events import EventBus
from core.identifiers import new_id
from core.models.library.library import Library
from core.models.library.string_map import StringMap
from core.operations.declaration import registry as operations
from core.prompts.vocabulary import Vocabulary
from core.settings import Settings
from core.store.assets import Assets
from core.store.blobs import make_blob_store
from core.store.database import Database
from core.store.limits import UploadLimits
from core.store.lock import make_lock
from core.studio.model_hashes import Hashing
from core.studio.model_status import ModelState
from core.studio.status import State
from core.tasks import listing
from core.tasks.dispatcher import Dispatcher
from core.tasks.estimate import Estimates
from core.tasks.queue import Queue
from core.tasks.running import Running
from core.tasks.states import Priority, Status
from core.tasks.submission import Options, Submission
from core.tasks.task import Task
from core.tasks.transient import Transients
from core.worker.factory import make_executor
from core.workflows.compiler import Step, compile_workflow
from core.workflows.library import Workflows
from core.workflows.pending import Wait
from core.workflows.restoration import restore
from core.workflows.workflow import Workflow

if TYPE_CHECKING:
    from core.models.inventory.inventory import Inventory

QUEUE_NEWS_SECONDS = 0.25
SHARED_GRACE_SECONDS = 60.0  # another server may be about to name a file this young
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """A workflow's run: its id, the task of each brick that runs, and what waits for a person."""

    run_id: str
    tasks: dict[str, str]
    waits: list[Wait]


class Services:
    """Builds and joins the services; starts and stops them in the right order."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.registry = operations.load(settings.operation_modules)
        memory = StringMap(settings.data_dir / "models.json")
        self.library = Library(
            settings.model_places,
            memory,
            settings.model_words,
            hashes=StringMap(settings.data_dir / "hashes.json"),
            presets_dir=settings.presets_dir,
            wildcards_dir=settings.own_wildcards,
            offline=settings.offline,
        )
        self.vocabulary = Vocabulary(settings.presets_dir, settings.data_dir / "words.json")
        self.bus = EventBus()
        self._stock: Inventory | None = None
        self.estimates = Estimates()
        self.lock = make_lock(settings.data_dir, shared=not settings.embedded)
        self.database = Database(settings.database)
        self.assets = Assets(
            self.database,
            make_blob_store(settings.data_dir),
            settings.data_dir / "thumbnails",
            UploadLimits(settings.max_upload_bytes, settings.max_upload_pixels),
        )
        self.queue = Queue(self.database, self._changed)
        self.executor = make_executor(settings)
        self.dispatcher = Dispatcher(
            settings, self.queue, self.executor, self.estimates, self._told, self._quick()
        )
        self.submission = Submission(
            settings, self.registry, self.library, self.assets, self.queue, self._has_gpu
        )
        self.transients = Transients(self.registry, self.submission, self.executor)
        self.workflows = Workflows(settings.workflows_dir, settings.presets_dir)
        self.state = State(self)
        self.model_state = ModelState(self)
        self.hashing = Hashing(self.library, self.submit)
        self._waiters: dict[str, list[asyncio.Future[Task]]] = {}
        self._owned_since = 0.0
        self._opening: asyncio.Task[None] | None = None
        self._queue_news: asyncio.TimerHandle | None = None
        self.failure: str | None = None

    # Life

    async def start(self, address: str | None = None) -> None:
        """Own the data directory and bring its database up to date; the rest goes on behind.

        Raises `DataDirectoryBusy` where another process owns it.
        """
        self.lock.acquire(address)
        self._owned_since = time.time()
        await asyncio.to_thread(self.database.migrate)
        await self.dispatcher.recall()
        self._opening = asyncio.create_task(self._open(), name="opening")

    def _quick(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for one in self.registry.operations():
            if one.quick:
                found[one.lane] = found.get(one.lane, frozenset()) | {one.name}
        return found

    def _has_gpu(self) -> bool:
        device = self.executor.lanes()["device"].device or {}
        return str(device.get("kind", "cpu")) != "cpu"

    def _sweep_grace(self) -> float:
        """Who owns the directory is alone in it: what is older than that has no writer any more."""
        if not self.settings.embedded:
            return SHARED_GRACE_SECONDS
        return time.time() - self._owned_since

    async def _open(self) -> None:
        """No worker starts before what a dead server left is cleaned up."""
        try:
            await self.assets.sweep(grace_seconds=self._sweep_grace())
            for operation in self.registry.operations():
                done = await self.queue.read(partial(listing.recent, operation=operation.name))
                self.estimates.fill(reversed(done))
            await self.dispatcher.start()
            await self.executor.start()
        except Exception as error:  # nobody awaits this task: readiness tells what happened
            self.failure = error.detail if isinstance(error, StudioError) else repr(error)
            log.exception("the studio could not open")

    async def stop(self) -> None:
        """End what runs within the grace, put the rest back, let go of the directory."""
        if self._opening is not None:
            await asyncio.gather(self._opening, return_exceptions=True)
        await self.dispatcher.stop()
        if self._queue_news is not None:
            self._queue_news.cancel()
        await self.discard()
        self.lock.release()

    async def discard(self) -> None:
        """Close what was built but never started."""
        self.assets.close()
        await asyncio.to_thread(self.database.close)

    @property
    def open(self) -> bool:
        """Whether cleaning up is over and tasks can start."""
        return self._opening is not None and self._opening.done() and self.failure is None

    @property
    def stock(self) -> Inventory:
        """The library beside the catalogue, which is read when somebody asks for it."""
        if self._stock is None:
            from core.models.inventory.inventory import (
                Inventory,  # not on the way to the first answer
            )

            self._stock = Inventory(self.library, self.library.catalogue, self.settings.models_dir)
        return self._stock

    # Work

    async def submit(self, name: str, params: Mapping[str, Any], options: Options) -> Task:
        """Queue one task."""
        return await self.submission.submit(name, params, options)

    async def run_workflow(
        self,
        workflow: Workflow,
        inputs: Mapping[str, Any] | None = None,
        start: str | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Queue all steps of a workflow at once; bricks that need a person first are told of.

        Raises `InvalidWorkflow` naming the brick.
        """
        run_id = new_id()
        plan = compile_workflow(workflow, self.registry, inputs, start)
        new = [await self._step(step, run_id, idempotency_key) for step in plan.steps]
        added = await self.queue.add(new)
        found = {task.brick_id or "": task.id for task in added}
        return Run(added[0].run_id or run_id, found, plan.waits)

    async def _step(self, step: Step, run_id: str, key: str | None) -> Task:
        options = Options(
            priority=Priority.WORKFLOW,
            cache=step.cache,
            run_id=run_id,
            brick_id=step.brick_id,
            idempotency_key=f"{key}:{step.brick_id}" if key else None,
        )
        try:
            task = await self.submission.prepare(step.operation, step.params, options)
        except StudioError as error:
            error.field = f"bricks.{step.brick_id}.{error.field or ''}".rstrip(".")
            raise
        ignored = [
            {"code": "prop_ignored", "field": name, "detail": f"There is no setting {name!r}."}
            for name in step.ignored
        ]
        return replace(task, id=step.task_id, warnings=[*task.warnings, *ignored])

    def workflow_of_picture(self, data: bytes) -> Workflow:
        """The workflow that a picture's metadata tells of. Raises `InvalidWorkflow`."""
        from core.store.metadata import read_metadata

        snapshot = read_metadata(data).get("qpyt")
        if not isinstance(snapshot, dict):
            raise InvalidWorkflow(
                "This picture does not say how it was made.",
                field="file",
                fix="Use a picture that this studio made, as it was saved.",
            )
        return restore(snapshot, self.registry)

    def workflow_of_task(self, task: Task) -> Workflow:
        """The bricks that would run this task again."""
        snapshot = {**task.snapshot, "params": task.params}
        return restore(snapshot, self.registry)

    async def wait(self, task_id: str, seconds: float | None = None) -> Task:
        """The task once it ended, or as it is after `seconds`."""
        ended: asyncio.Future[Task] = asyncio.get_running_loop().create_future()
        waiters = self._waiters.setdefault(task_id, [])
        waiters.append(ended)
        try:
            task = await self.queue.get(task_id)
            if task.ended:
                return task
            await asyncio.wait({ended}, timeout=seconds)
            return ended.result() if ended.done() else await self.queue.get(task_id)
        finally:
            waiters.remove(ended)
            if not waiters:
                self._waiters.pop(task_id, None)

    # What clients see

    def present(self, task: Task, *, whole: bool = False) -> dict[str, Any]:
        """A task as clients read it; `whole` adds the snapshot."""
        declared = self.registry.get(task.operation)
        title = declared.title if declared else None
        found = task.public(title=title, progress=self.dispatcher.progress(task.id))
        return {**found, "snapshot": task.snapshot} if whole else found

    # News

    def _changed(self, task: Task) -> None:
        """A task changed and that is committed."""
        self.bus.publish("task", self.present(task))
        if task.status is Status.PENDING:
            self.dispatcher.wake(task.lane)
        if task.status is Status.COMPLETED:
            self.estimates.observe(task)
            self.hashing.heard(task)
        if task.ended:
            for waiter in self._waiters.get(task.id, ()):
                if not waiter.done():
                    waiter.set_result(task)
        self._tell_queue()

    def _told(self, kind: str, about: Any) -> None:
        """The dispatcher has news."""
        if kind == "queue":
            self._tell_queue()
        elif kind == "worker":
            self.bus.publish("worker", {"lanes": self.state.lanes()})
        elif isinstance(about, Running):
            data = {"task_id": about.task.id, "progress": about.public()}
            self.bus.publish_latest("progress", data, about.task.id)

    def _tell_queue(self) -> None:
        """Counts change often: said at most a few times a second, and only if anybody listens."""
        if self._queue_news is None and self.bus.subscribers:
            loop = asyncio.get_running_loop()
            self._queue_news = loop.call_later(
                QUEUE_NEWS_SECONDS, lambda: loop.create_task(self._publish_queue())
            )

    async def _publish_queue(self) -> None:
        self._queue_news = None
        try:
            found = await self.state.queue()
        except StudioError:
            return  # the database is closed or away; the next change says it again
        self.bus.publish("queue", {key: found[key] for key in ("paused", "counts", "eta_seconds")})
