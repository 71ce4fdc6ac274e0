"""Dependencies of routers: each route takes the parts of the studio that it uses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import Parameter, Signature
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Path, Query
from starlette.requests import HTTPConnection

from core.events import EventBus
from core.gallery.archives import Archives
from core.gallery.curation import Curation
from core.gallery.gallery import Gallery
from core.gallery.imports import Imports
from core.history.quick_actions import QuickActions
from core.history.replay import Replays
from core.history.restoring import Restoring
from core.history.session_log import SessionLog
from core.history.snapshots import Snapshots
from core.operations.declaration.registry import Registry
from core.prompts.presets import PromptPresets
from core.prompts.vocabulary import Vocabulary
from core.sets.archive import BatchArchives
from core.sets.batches import Batches
from core.sets.catalogue import SetCatalogue
from core.sets.harmony import Harmony
from core.sets.matrix import Matrices
from core.sets.printing import BatchPrints
from core.settings import Settings
from core.store.assets import Assets
from core.studio.dataset_service import DatasetService
from core.studio.evaluations import Evaluations, make_evaluations
from core.studio.log_service import LogService
from core.studio.machine_service import MachineService
from core.studio.model_status import ModelStatus
from core.studio.queue_desk import QueueDesk
from core.studio.readiness import Readiness
from core.studio.searches import Searches
from core.studio.services import Services
from core.studio.settings_service import SettingsService
from core.studio.status import StudioStatus
from core.studio.style_status import StyleStatus
from core.studio.task_service import TaskService
from core.studio.training_estimates import TrainingEstimates, make_training_estimates
from core.studio.training_form import TrainingForm
from core.studio.training_runs import TrainingRuns, make_training_runs
from core.studio.word_list import WordList
from core.tasks.dispatcher import Dispatcher
from core.tasks.queue import Queue
from core.tasks.submission import Submission
from core.tasks.transient import Transients
from core.workflows.comfy.model_files import LibraryFiles, ModelFiles
from core.workflows.drafts import Drafts
from core.workflows.library import Workflows
from core.workflows.runner import WorkflowRunner
from core.workflows.validation import Validator

T = TypeVar("T")

# Read once, else FastAPI evaluates the annotations again for each use in a route.
_SIGNATURE = Signature(
    [Parameter("connection", Parameter.POSITIONAL_OR_KEYWORD, annotation=HTTPConnection)]
)


def _part(get: Callable[[Services], T]) -> Callable[[HTTPConnection], Awaitable[T]]:
    """A dependency that returns one part of the application's services."""

    # async, because FastAPI runs a plain function in a thread: two switches for every request
    async def dependency(connection: HTTPConnection) -> T:
        return get(connection.app.state.services)

    dependency.__signature__ = _SIGNATURE  # type: ignore[attr-defined]
    return dependency


ActionsDep = Annotated[QuickActions, Depends(_part(lambda services: services.actions))]
AssetsDep = Annotated[Assets, Depends(_part(lambda services: services.assets))]
ArchivesDep = Annotated[Archives, Depends(_part(lambda services: services.archives))]
CurationDep = Annotated[Curation, Depends(_part(lambda services: services.curation))]
DatasetsDep = Annotated[DatasetService, Depends(_part(lambda services: services.datasets))]
DeskDep = Annotated[QueueDesk, Depends(_part(lambda services: services.desk))]
GalleryDep = Annotated[Gallery, Depends(_part(lambda services: services.gallery))]
DispatcherDep = Annotated[Dispatcher, Depends(_part(lambda services: services.dispatcher))]
DraftsDep = Annotated[Drafts, Depends(_part(lambda services: services.drafts))]
EventsDep = Annotated[EventBus, Depends(_part(lambda services: services.bus))]
LogDep = Annotated[LogService, Depends(_part(lambda services: services.log))]
MachineDep = Annotated[MachineService, Depends(_part(lambda services: services.machine))]
ImportsDep = Annotated[Imports, Depends(_part(lambda services: services.imports))]
ModelFilesDep = Annotated[
    ModelFiles, Depends(_part(lambda services: LibraryFiles(services.library)))
]
ModelsDep = Annotated[ModelStatus, Depends(_part(lambda services: services.models))]
PromptsDep = Annotated[PromptPresets, Depends(_part(lambda services: services.prompts))]
QueueDep = Annotated[Queue, Depends(_part(lambda services: services.queue))]
ReadinessDep = Annotated[Readiness, Depends(_part(lambda services: services.readiness))]
RegistryDep = Annotated[Registry, Depends(_part(lambda services: services.registry))]
ReplaysDep = Annotated[Replays, Depends(_part(lambda services: services.replays))]
RestoringDep = Annotated[Restoring, Depends(_part(lambda services: services.restoring))]
RunnerDep = Annotated[WorkflowRunner, Depends(_part(lambda services: services.runner))]
BatchesDep = Annotated[Batches, Depends(_part(lambda services: services.batching.batches))]
BatchArchivesDep = Annotated[
    BatchArchives, Depends(_part(lambda services: services.batching.archives))
]
BatchPrintsDep = Annotated[BatchPrints, Depends(_part(lambda services: services.batching.prints))]
HarmonyDep = Annotated[Harmony, Depends(_part(lambda services: services.batching.harmony))]
MatricesDep = Annotated[Matrices, Depends(_part(lambda services: services.batching.matrices))]
SessionLogDep = Annotated[SessionLog, Depends(_part(lambda services: services.session_log))]
SetsDep = Annotated[SetCatalogue, Depends(_part(lambda services: services.sets))]
SettingsDep = Annotated[Settings, Depends(_part(lambda services: services.settings))]
SettingsServiceDep = Annotated[
    SettingsService, Depends(_part(lambda services: services.settings_service))
]
SnapshotsDep = Annotated[Snapshots, Depends(_part(lambda services: services.snapshots))]
StatusDep = Annotated[StudioStatus, Depends(_part(lambda services: services.status))]
StylesDep = Annotated[StyleStatus, Depends(_part(lambda services: services.styles))]
SubmissionDep = Annotated[Submission, Depends(_part(lambda services: services.submission))]
TasksDep = Annotated[TaskService, Depends(_part(lambda services: services.tasks))]
TrainingFormDep = Annotated[
    TrainingForm, Depends(_part(lambda services: TrainingForm(services.settings, services.library)))
]
TrainingEstimatesDep = Annotated[TrainingEstimates, Depends(_part(make_training_estimates))]
EvaluationsDep = Annotated[Evaluations, Depends(_part(make_evaluations))]
SearchesDep = Annotated[Searches, Depends(_part(lambda services: services.searches))]
TrainingRunsDep = Annotated[TrainingRuns, Depends(_part(make_training_runs))]
TransientsDep = Annotated[Transients, Depends(_part(lambda services: services.transients))]
ValidatorDep = Annotated[Validator, Depends(_part(lambda services: services.validator))]
VocabularyDep = Annotated[Vocabulary, Depends(_part(lambda services: services.vocabulary))]
WordListDep = Annotated[WordList, Depends(_part(lambda services: services.word_list))]
WorkflowsDep = Annotated[Workflows, Depends(_part(lambda services: services.workflows))]

Limit = Annotated[int, Query(ge=1, le=500, description="Items of a page, at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=200, description="`next_cursor` of a page; without it, the first page."),
]
IfNoneMatch = Annotated[
    str | None, Header(description="`ETag` of the state that the client has: 304 if it is current.")
]
TaskId = Annotated[str, Path(description="ID of a task.")]
AssetId = Annotated[str, Path(description="ID of an asset.")]
ModelId = Annotated[str, Path(description="ID of a model.")]
WorkflowName = Annotated[str, Path(description="Name of a workflow.")]
