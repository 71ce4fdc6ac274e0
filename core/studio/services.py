"""The composition root: the services of the process that owns a data directory.

Each part gets what it needs and no more; routers and the Python API take the parts from here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

from core.errors import StudioError
from core.events import EventBus
from core.history.labels import REPLAY
from core.operations.declaration.base import Operation
from core.operations.declaration.registry import Registry, load
from core.settings import Settings
from core.store.asset_rows import Asset
from core.store.assets import Assets, OnChange
from core.store.blobs import make_blob_store
from core.store.database import Database
from core.store.decoding.decoders import Decoders
from core.store.faults import make_folder
from core.store.limits import UploadLimits
from core.store.lock import make_lock
from core.store.privacy import make_private
from core.studio.log_service import LogService
from core.studio.machine_service import MachineService
from core.studio.publisher import EventPublisher
from core.studio.queue_desk import QueueDesk
from core.studio.readiness import Readiness
from core.studio.reports import Reports
from core.studio.settings_service import SettingsService
from core.studio.status import StudioStatus
from core.studio.task_log import log_change
from core.studio.task_service import TaskService
from core.tasks import listing
from core.tasks.batches import Batches
from core.tasks.dispatcher import Dispatcher
from core.tasks.estimate import Estimates
from core.tasks.notifier import make_notifier
from core.tasks.queue import Queue
from core.tasks.running import RunningTask
from core.tasks.states import Status
from core.tasks.submission import Submission
from core.tasks.task import Task
from core.tasks.transient import Transients
from core.worker.factory import make_executor

if TYPE_CHECKING:
    from core.studio.batch_services import BatchServices
    from core.studio.gallery_services import GalleryServices
    from core.studio.history_services import HistoryServices
    from core.studio.resource_services import ResourceServices
    from core.studio.training_services import TrainingServices
    from core.studio.workflow_services import WorkflowServices

SHARED_GRACE_SECONDS = 60.0  # another server may be about to name a file this young
log = logging.getLogger(__name__)


class Services:
    """Build and connect the services; start and stop them in order."""

    _owned_since = 0.0
    _opening: asyncio.Task[None] | None = None
    _sweeping: asyncio.Task[None] | None = None
    _failure: str | None = None

    def __init__(self, settings: Settings, *, any_folder: bool = False) -> None:
        """`any_folder`: requests may name all folders of this machine, as those of its user do."""
        self.settings, self._any_folder = settings, any_folder
        self.registry = load(settings.operation_modules)
        self.bus = EventBus()
        self.estimates = Estimates()
        self.lock = make_lock(settings.data_dir, shared=not settings.embedded)
        self.database = Database(settings.database)
        self.decoders = _make_decoders(settings)
        self.assets = _make_assets(settings, self.database, self.decoders, self._asset_changed)
        self.notifier = make_notifier(settings)
        self.queue = Queue(self.database, self._task_changed, self.notifier)
        self.executor = make_executor(settings)
        self.dispatcher = self._make_dispatcher()
        self.readiness = self._make_readiness()
        self.submission = self._make_submission()
        self.transients = Transients(self.registry, self.submission, self.executor)
        poll_seconds = None if self.notifier.reaches_all_servers else settings.poll_seconds
        self.tasks = TaskService(
            self.registry, self.submission, self.queue, self.dispatcher, poll_seconds
        )
        self.status = StudioStatus(
            settings, self.queue, self.dispatcher, self.executor, self.estimates, self.tasks
        )
        self.desk = self._make_desk()
        self.publisher = EventPublisher(self.bus, self.tasks, self.status)
        self._build_observers()

    def _make_dispatcher(self) -> Dispatcher:
        parts = (self.settings, self.queue, self.executor, self.estimates, self.notifier)
        short = cache(partial(_short_operations, self.registry))
        batches = Batches(self.registry, lambda model: self.resources.library.get(model))
        return Dispatcher(*parts, self._dispatcher_changed, short, batches)

    # What no start needs is imported and built at its first use; what has work of its own is first
    # used by the opening, in the background.

    @cached_property
    def resources(self) -> ResourceServices:
        """Models, prompt presets and words."""
        from core.studio.resource_services import ResourceServices

        return ResourceServices(
            self.settings,
            self.registry,
            self.tasks,
            self.estimates,
            self.decoders,
            self.status.device,
            lambda: None if self._any_folder else self.settings.import_dirs,
        )

    @cached_property
    def images(self) -> GalleryServices:
        """Gallery, imports, archives, analysis and datasets."""
        from core.studio.gallery_services import GalleryServices

        library = self.resources.library
        return GalleryServices(
            self.database, self.assets, library, self.settings, lambda: self.publisher
        )

    @cached_property
    def workflows(self) -> WorkflowServices:
        """Workflows on disk, drafts, runs and validation."""
        from core.studio.workflow_services import WorkflowServices

        parts = (self.settings, self.registry, self.submission, self.queue)
        return WorkflowServices(*parts, self.bus, self.publisher)

    @cached_property
    def batching(self) -> BatchServices:
        """Sets, and batches of sets and matrices."""
        from core.studio.batch_services import BatchServices

        return BatchServices(
            self.settings, self.registry, self.submission, self.queue, self.database, self.images
        )

    @cached_property
    def training(self) -> TrainingServices:
        """Runs, evaluations and searches of trainings."""
        from core.studio.training_services import TrainingServices

        parts = (self.settings, self.submission, self.queue, self.tasks)
        return TrainingServices(*parts, self.assets.blobs, self.resources)

    @cached_property
    def history(self) -> HistoryServices:
        """Replays, snapshots, the session log and quick actions."""
        from core.studio.history_services import HistoryServices

        return HistoryServices(
            self.registry,
            self.submission,
            self.queue,
            self.assets,
            self.dispatcher,
            self.transients,
            self.resources,
            self.images,
            self.workflows,
            self._history_cleared,
        )

    def _build_observers(self) -> None:
        """The parts that watch the others: the log, the machine, the file of settings."""
        self.log = LogService(self.settings, self.bus)
        self.reports = Reports(self.settings, self.log)
        self.machine = MachineService(self.settings, self.queue)
        self.settings_service = SettingsService(self.settings, self._settings_changed)

    def _make_desk(self) -> QueueDesk:
        return QueueDesk(
            self.queue,
            self.submission,
            self.tasks,
            self.status,
            self.executor,
            self.estimates,
            self.bus,
            self._yields,
        )

    def _make_readiness(self) -> Readiness:
        return Readiness(
            self.settings.data_dir,
            self.database,
            self.executor,
            self._opening_check,
            lambda: self._failure,
        )

    def _make_submission(self) -> Submission:
        return Submission(
            self.settings,
            self.registry,
            lambda: self.resources.context(),
            self.assets,
            self.queue,
            self._has_gpu,
            self.readiness.check_accepting,
        )

    # Life

    async def start(
        self, address: str | None = None, on_open: Callable[[], None] | None = None
    ) -> None:
        """Own the data directory and migrate its database; the rest continues in the background,
        and calls `on_open` at its end.

        Raises `DataDirectoryBusy` where another process owns it.
        """
        self.lock.acquire(address)
        make_folder(self.settings.data_dir)
        self.log.start()
        self._owned_since = time.time()
        await asyncio.to_thread(self.database.migrate)
        await self.assets.continue_ids()
        await self.dispatcher.restore()
        self._opening = asyncio.create_task(self._open(), name="opening")
        if on_open is not None:
            self._opening.add_done_callback(lambda _: on_open())

    def _yields(self, name: str) -> bool:
        operation = self.registry.get(name)
        return operation is not None and issubclass(operation, Operation) and operation.yields

    def _has_gpu(self) -> bool:
        device = self.executor.lanes()["device"].device or {}
        return str(device.get("kind", "cpu")) != "cpu"

    def _sweep_grace(self) -> float:
        """Seconds that a file without a row is kept: the owner of a directory has no rivals."""
        if not self.settings.embedded:
            return SHARED_GRACE_SECONDS
        return time.time() - self._owned_since

    async def _open(self) -> None:
        """Clean up what a dead server left, then start the workers."""
        try:
            await self.assets.sweep(grace_seconds=self._sweep_grace())
            self.estimates.fill(await self.queue.read(listing.recent))
            self.registry.operations()  # read once, before workers and most requests need them
            await self.dispatcher.start()
            await self.executor.start()
            self.workflows.folder.start()
            self.settings_service.start()
            self.machine.start()
            self.training.searches.open()
            self._sweeping = asyncio.create_task(self._sweep_outputs(), name="sweeping")
            self.images.start()
        except Exception as error:  # nothing awaits this task; readiness reports the failure
            self._failure = error.detail if isinstance(error, StudioError) else repr(error)
            log.exception("the studio could not open")

    async def _sweep_outputs(self) -> None:
        """Remove what dead workers left in the user's folder, which may be large and slow."""
        from core.studio.leftovers import sweep_dataset_trash, sweep_saved, sweep_training_files

        await asyncio.to_thread(make_private, self.settings.data_dir)
        await sweep_saved(self.queue, self.settings, self._sweep_grace())
        await sweep_training_files(self.queue, self.settings)
        await sweep_dataset_trash(self.images.datasets.store)

    async def stop(self) -> None:
        """Let running work end within the grace, put the rest back, release the directory."""
        await self.images.stop()
        await asyncio.to_thread(self.decoders.close)  # nobody waits for an image any more
        if self._opening is not None:
            await asyncio.gather(self._opening, return_exceptions=True)
            await self.images.stop()  # the opening may have started it meanwhile
        if self._sweeping is not None:
            await asyncio.gather(self._sweeping, return_exceptions=True)
        await self.workflows.folder.stop()
        await self.settings_service.stop()
        await self.machine.stop()
        await self.training.searches.stop()
        await self.dispatcher.stop()
        if "history" in vars(self):
            await self.history.replays.stop()
        await self.reports.stop()
        self.publisher.close()
        await self.discard()
        self.log.stop()
        self.lock.release()

    async def discard(self) -> None:
        """Close what was built but never started."""
        await asyncio.to_thread(self.decoders.close)
        await asyncio.to_thread(self.database.close)

    def _opening_check(self) -> bool | str:
        """True once tasks can start; before, the reason why they cannot."""
        if self._failure is not None:
            return self._failure
        return (self._opening is not None and self._opening.done()) or "still opening"

    # Changes

    def _task_changed(self, task: Task) -> None:
        """Spread a change of a task that is committed."""
        log_change(task)
        self.reports.task_changed(task)
        self.publisher.task(task)
        if task.status is Status.COMPLETED:
            self.estimates.observe(task)
            self.resources.hashing.task_completed(task)
            self.workflows.folder.task_completed(task)
            if REPLAY in task.labels:
                self.history.replays.task_completed(task)
            self.images.datasets.task_completed(task)
            if task.outputs:
                self.images.analysis.wake()
        if task.ended:
            self.tasks.task_ended(task)

    def _asset_changed(self, asset: Asset, change: str) -> None:
        self.publisher.asset(asset, change)
        if change == "created":
            self.images.analysis.wake()

    def _history_cleared(self) -> None:
        self.publisher.reset()
        self._sweeping = asyncio.create_task(self._sweep_outputs(), name="sweeping")

    def _settings_changed(self, names: list[str]) -> None:
        """Apply settings that a part copied when it was built."""
        self.assets.limits = _upload_limits(self.settings)
        if "log_level" in names:
            logging.getLogger().setLevel(self.settings.log_level.upper())
        self.bus.publish("settings", {"changed": names})

    def _dispatcher_changed(self, kind: str, subject: Any) -> None:
        """Publish what the dispatcher reports."""
        if kind == "queue":
            self.publisher.queue()
        elif kind == "worker":
            self.publisher.lanes()
        elif isinstance(subject, RunningTask):
            self.publisher.progress(subject)


def _short_operations(registry: Registry, lane: str) -> frozenset[str] | None:
    """The names of a lane's operations that end within moments; None where it has none."""
    operations = (entry for entry in registry.operations() if entry.lane == lane)
    return frozenset(entry.name for entry in operations if entry.short) or None


def _make_decoders(settings: Settings) -> Decoders:
    identity_dir = settings.data_dir if settings.provenance else None
    return Decoders(settings.data_dir / "decoding", identity_dir)


def _make_assets(
    settings: Settings, database: Database, decoders: Decoders, on_change: OnChange
) -> Assets:
    return Assets(
        database,
        make_blob_store(settings.data_dir),
        settings.data_dir / "thumbnails",
        decoders,
        _upload_limits(settings),
        on_change,
    )


def _upload_limits(settings: Settings) -> UploadLimits:
    return UploadLimits(settings.max_upload_bytes, settings.max_upload_pixels)
