"""The services of history: replays, snapshots, the session log and quick actions."""

from __future__ import annotations

from collections.abc import Callable

from core.history.quick_actions import QuickActions
from core.history.replay import Replays
from core.history.restoring import Restoring
from core.history.session_log import SessionLog
from core.history.snapshots import Snapshots
from core.operations.declaration.registry import Registry
from core.store.assets import Assets
from core.studio.gallery_services import GalleryServices
from core.studio.resource_services import ResourceServices
from core.studio.workflow_services import WorkflowServices
from core.tasks.dispatcher import Dispatcher
from core.tasks.queue import Queue
from core.tasks.submission import Submission
from core.tasks.transient import Transients
from core.workflows.comfy.model_files import LibraryFiles


class HistoryServices:
    """Build and connect the parts that act on what was made."""

    def __init__(
        self,
        registry: Registry,
        submission: Submission,
        queue: Queue,
        assets: Assets,
        dispatcher: Dispatcher,
        transients: Transients,
        resources: ResourceServices,
        images: GalleryServices,
        workflows: WorkflowServices,
        on_clear: Callable[[], None],
    ) -> None:
        """`on_clear` is called after the history was cleared."""
        self.replays = Replays(registry, submission, queue, assets)
        self.restoring = Restoring(registry, queue, assets, workflows.validator)
        self.snapshots = Snapshots(registry, queue, assets)
        self.session_log = SessionLog(registry, queue, assets)
        self.model_files = LibraryFiles(resources.library)
        self.actions = QuickActions(
            queue,
            images.curation,
            workflows.saved,
            dispatcher,
            transients,
            images.gallery.describe_all,
            on_clear,
        )
