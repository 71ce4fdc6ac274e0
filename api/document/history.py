"""Answers about history: comparisons, restored workflows, days, and quick actions."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Response
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.assets import PixelDifference
from api.document.marks import ByStatus, File, documented
from api.document.tasks import NO_ERROR
from api.document.workflows import MissingModel, WorkflowFile
from core.tasks.states import Status


@documented
class WordSegment(TypedDict):
    """A part of two texts."""

    change: Literal["equal", "removed", "added"]
    """`removed` is only in the first, `added` only in the second."""
    text: str
    """The words."""


@documented
class ComparedField(TypedDict):
    """A field of two snapshots."""

    group: Literal["task", "parameters", "environment"]
    """Part of the snapshot."""
    name: str
    """Name of the field in the API."""
    label: str
    """Name of the field, for people."""
    a: Annotated[JsonValue, Field(examples=["a red house"])]
    """Value of the first; null where it has none."""
    b: Annotated[JsonValue, Field(examples=["a blue house"])]
    """Value of the second."""
    differs: bool
    """True where the values are not equal."""
    words: Annotated[list[WordSegment] | None, Field(**NO_ERROR)]
    """Difference of two texts, word by word."""


@documented
class Comparison(TypedDict):
    """Two snapshots side by side."""

    a: str | None
    """First image of the first, an asset; null without one."""
    b: str | None
    """First image of the second."""
    pixels: PixelDifference | None
    """Difference of the images; null where their sizes differ."""
    fields: list[ComparedField]
    """Every field that one of them has."""


@documented
class RestoredWorkflow(TypedDict):
    """A workflow from a snapshot."""

    workflow: WorkflowFile
    """The workflow."""
    operation: str
    """Operation that ran; empty for images of other tools."""
    seed_policy: Annotated[str | None, Field(examples=["random"])]
    """`random` or `manual`: how the seed was chosen."""
    seed: int | None
    """Seed that it ran with."""
    missing: Annotated[list[MissingModel], Field(examples=[[]])]
    """Models and LoRAs that the workflow names and this machine lacks. They stay in it."""


@documented
class LastSuccess(TypedDict):
    """The newest completed task as a workflow."""

    task_id: str
    """ID of the task."""
    restored: RestoredWorkflow
    """Its workflow."""


@documented
class HistoryDay(TypedDict):
    """A local day with tasks."""

    date: Annotated[str, Field(examples=["2026-01-31"])]
    """The day."""
    total: int
    """Number of its tasks."""
    counts: Annotated[dict[Status, int], Field(examples=[{"completed": 1}])]
    """Number of tasks in each state that occurs."""


@documented
class LogError(TypedDict):
    """The reason why a task failed."""

    code: str | None
    """Stable name of the error."""
    detail: str | None
    """The fault as a sentence."""
    fix: str | None
    """The next action."""


@documented
class LogImage(TypedDict):
    """An image of a task."""

    asset_id: str
    """ID of the asset."""
    seed: int | None
    """Seed of the image."""
    width: int | None
    """Width in pixels."""
    height: int | None
    """Height in pixels."""


@documented
class LogEntry(TypedDict):
    """A task in the session log."""

    id: str
    """ID of the task."""
    time: Annotated[str, Field(examples=["2026-01-31T13:00:00+01:00"])]
    """Local time of the submission."""
    operation: str
    """Name of the operation."""
    title: str
    """Title of the operation."""
    status: Annotated[Status, Field(examples=["completed"])]
    """State of the task."""
    seconds: float | None
    """Seconds that it ran."""
    model: str | None
    """Name of the model."""
    prompt: str | None
    """The prompt."""
    negative_prompt: str | None
    """The negative prompt."""
    seed: int | None
    """The seed."""
    loras: Annotated[list[str], Field(examples=[["Watercolour: 0.8"]])]
    """Applied LoRAs with their weights."""
    params: dict[str, JsonValue]
    """All parameters."""
    warnings: Annotated[list[str], Field(examples=[[]])]
    """Warnings."""
    error: Annotated[LogError | None, Field(**NO_ERROR)]
    """Reason of a failure."""
    note: str | None
    """Note on the task."""
    cached: bool
    """True if the outputs are those of an equal task."""
    images: list[LogImage]
    """Images that it made."""


@documented
class LogDay(TypedDict):
    """The session log of a day."""

    date: Annotated[str, Field(examples=["2026-01-31"])]
    """The local day."""
    time_zone: Annotated[str, Field(examples=["Europe/Berlin"])]
    """Time zone of the day."""
    items: list[LogEntry]
    """Its tasks, the newest first; those of the studio itself only where they failed."""


@documented
class UndoneAction(TypedDict):
    """A deletion or a cancel."""

    kind: Literal["images", "workflow", "tasks"]
    """Subject of the action."""
    label: Annotated[str, Field(examples=["Delete 3 images"])]
    """The action, for people."""
    at: Annotated[str, Field(examples=["2026-01-31T12:00:00.000000Z"])]
    """Time of the action."""
    ids: list[str]
    """Assets, tasks, or the place of a workflow in the trash."""
    name: str | None
    """Name of a workflow."""


@documented
class UndoableAction(TypedDict):
    """The action that an undo would take back."""

    action: UndoneAction | None
    """The action; null where there is none."""


@documented
class Cleared(TypedDict):
    """Transient data that was removed."""

    tasks: int
    """Removed rows of ended tasks."""
    kept: int
    """Ended tasks that stay: they have a note, or a waiting task refers to them."""
    previews: int
    """Removed previews and transient results."""


SessionLogDay = Annotated[Response, ByStatus({200: LogDay})]
LogPage = Annotated[Response, File(("text/html",), "The page.")]
