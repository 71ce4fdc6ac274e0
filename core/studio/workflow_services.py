"""The services of workflows: those on disk, drafts, runs and validation."""

from __future__ import annotations

from core.events import EventBus
from core.operations.declaration.registry import Registry
from core.settings import Settings
from core.studio.publisher import EventPublisher
from core.studio.workflow_folder import WorkflowFolder
from core.tasks.queue import Queue
from core.tasks.submission import Submission
from core.workflows.drafts import Drafts
from core.workflows.library import Workflows
from core.workflows.runner import WorkflowRunner
from core.workflows.validation import Validator


class WorkflowServices:
    """Build and connect the parts that keep, check and run workflows."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        submission: Submission,
        queue: Queue,
        bus: EventBus,
        publisher: EventPublisher,
    ) -> None:
        self.saved = Workflows(
            settings.workflows_dir, settings.presets_dir, on_change=publisher.workflow
        )
        self.drafts = Drafts(
            settings.data_dir / "drafts", settings.draft_days, on_change=publisher.draft
        )
        self.runner = WorkflowRunner(registry, submission, queue)
        self.validator = Validator(registry, submission)
        self.folder = WorkflowFolder(self.saved, bus)
