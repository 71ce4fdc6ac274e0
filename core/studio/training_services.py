"""The services of trainings: runs, evaluations, searches, estimates and the form of a new one."""

from __future__ import annotations

from core.models.library.lora_folder import LoraFolder
from core.settings import Settings
from core.store.blobs import BlobStore
from core.studio.evaluations import Evaluations
from core.studio.resource_services import ResourceServices
from core.studio.searches import Searches
from core.studio.task_service import TaskService
from core.studio.training_estimates import TrainingEstimates
from core.studio.training_form import TrainingForm
from core.studio.training_runs import TrainingRuns
from core.tasks.queue import Queue
from core.tasks.submission import Submission


class TrainingServices:
    """Build and connect the parts that plan, follow and compare trainings."""

    def __init__(
        self,
        settings: Settings,
        submission: Submission,
        queue: Queue,
        tasks: TaskService,
        blobs: BlobStore,
        resources: ResourceServices,
    ) -> None:
        loras = LoraFolder(settings.models_dir)
        self.runs = TrainingRuns(queue, tasks, blobs, loras)
        self.evaluations = Evaluations(queue, tasks, self.runs, settings.data_dir)
        self.searches = Searches(settings.data_dir, tasks, queue, self.evaluations)
        self.estimates = TrainingEstimates(submission, queue, resources.library, resources.models)
        self.form = TrainingForm(settings, resources.library)
