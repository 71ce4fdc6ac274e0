"""Answers about tasks and the queue."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from fastapi import Response
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import ByStatus, File, documented
from core.tasks.states import Priority, Status

NO_ERROR: dict[str, Any] = {"examples": [None]}


@documented
class Accepted(TypedDict):
    """A queued task."""

    task_id: str
    """ID of the task."""
    status_url: str
    """Address of the task."""


@documented
class Notice(TypedDict):
    """A warning: input that was changed or ignored."""

    code: str
    """Stable name of the warning."""
    detail: str
    """The warning as a sentence."""
    field: NotRequired[str | None]
    """Field that it is about, as a dotted path."""


@documented
class WrongField(TypedDict):
    """A fault of one field."""

    field: str
    """Field, as a dotted path."""
    detail: str
    """The fault as a sentence."""


@documented
class Pull(TypedDict):
    """A download that supplies what is missing."""

    id: str
    """ID of the entry of the catalogue."""
    label: str
    """Name, for people."""
    bytes: int
    """Approximate bytes of the download."""


@documented
class Problem(TypedDict):
    """A problem document (RFC 9457): the body of every error."""

    type: str
    """`urn:qpyt:error:` and the code."""
    title: str
    """Short name of the error, for people."""
    status: int
    """Status of the response."""
    detail: str
    """The fault as a sentence."""
    code: str
    """Stable name of the error; see the list of error codes."""
    field: str | None
    """Field that is wrong, as a dotted path."""
    fix: str | None
    """The next action."""
    errors: NotRequired[list[WrongField]]
    """All wrong fields."""
    pull: NotRequired[list[Pull]]
    """Downloads that supply what is missing."""


@documented
class TaskError(TypedDict):
    """The reason why a task failed."""

    code: str
    """Stable name of the error; see the list of error codes."""
    title: str
    """Short name of the error, for people."""
    detail: str
    """The fault as a sentence."""
    field: str | None
    """Field that is wrong, as a dotted path."""
    fix: str | None
    """The next action."""
    errors: NotRequired[list[WrongField]]
    """All wrong fields."""
    pull: NotRequired[list[Pull]]
    """Downloads that supply what is missing."""


@documented
class FinishedImage(TypedDict):
    """An image of a running task that is finished before the others."""

    port: str
    """Output port of the operation."""
    index: int
    """Position among the outputs of the port, from 0."""
    kind: str
    """Kind of the output."""
    width: int | None
    """Width in pixels."""
    height: int | None
    """Height in pixels."""
    seed: int | None
    """Seed of the image."""
    url: str
    """Address of the file."""


@documented
class Progress(TypedDict):
    """Progress of a running task."""

    phase: str
    """Current phase of the work."""
    step: int
    """Finished steps of the phase."""
    steps: int
    """All steps of the phase; 0 if unknown."""
    image: int
    """Number of the current image, from 1."""
    images: int
    """Number of images of the task."""
    fraction: float
    """Finished part of the whole work, 0 to 1."""
    eta_seconds: float | None
    """Estimated seconds until the end."""
    metrics: dict[str, float]
    """Newest values of the metrics of a long task, by name."""
    preview_url: str | None
    """Address of the newest preview, a JPEG."""
    outputs: list[FinishedImage]
    """Images that are finished."""


@documented
class Output(TypedDict):
    """An output of a task: a stored file, or a value."""

    port: str
    """Output port of the operation."""
    index: int
    """Position among the outputs of the port, from 0."""
    kind: str
    """Kind of the output; `GET /api/operations` lists the kinds."""
    asset_id: str | None
    """Asset of a stored file."""
    value: Annotated[JsonValue, Field(**NO_ERROR)]
    """The value of an output that is text or JSON."""
    width: int | None
    """Width in pixels."""
    height: int | None
    """Height in pixels."""
    seed: int | None
    """Seed of a generated image."""
    url: NotRequired[str]
    """Address of the file."""
    thumbnail_url: NotRequired[str]
    """Address of the thumbnail, a WebP."""


@documented
class TaskFix(TypedDict):
    """A repetition that may help a failed task."""

    label: str
    """Its name, for a button."""
    params: Annotated[dict[str, JsonValue] | None, Field(examples=[{"width": 768, "height": 768}])]
    """Parameters that a repetition replaces; null: the same task is retried."""
    seed: Annotated[Literal["new", "next", "same"], Field(examples=["same"])]
    """Rule of the seeds."""


@documented
class Task(TypedDict):
    """One run of an operation."""

    id: str
    """ID of the task; IDs sort by time."""
    operation: str
    """Name of the operation."""
    title: str
    """Title of the operation, for people."""
    status: Annotated[Status, Field(examples=["completed"])]
    """State of the task."""
    hold_reasons: Annotated[list[Literal["user", "parent", "budget"]], Field(examples=[[]])]
    """Reasons why a held task does not start."""
    lane: str
    """Class of work that it belongs to."""
    device: str | None
    """Device that ran it."""
    priority: Annotated[int, Field(examples=[int(Priority.INTERACTIVE)])]
    """0, 10, 20 or 30; lower runs first."""
    attempt: Annotated[int, Field(examples=[1])]
    """Number of starts so far."""
    max_attempts: Annotated[int, Field(examples=[3])]
    """Starts after which a lost task fails."""
    run_id: str | None
    """Run of a workflow that it belongs to."""
    brick_id: str | None
    """Brick of the workflow."""
    project_id: str | None
    """Project of the task."""
    labels: dict[str, str]
    """Texts by name, for filters."""
    version: int
    """Number that every change of the task raises."""
    params: dict[str, JsonValue]
    """Resolved parameters, with defaults and seed."""
    parents: list[str]
    """Tasks whose outputs it uses."""
    outputs: list[Output]
    """Outputs of a completed task."""
    warnings: Annotated[list[Notice], Field(examples=[[]])]
    """Input that was changed or ignored."""
    error: Annotated[TaskError | None, Field(**NO_ERROR)]
    """Reason of a failure."""
    fixes: Annotated[list[TaskFix], Field(examples=[[]])]
    """Repetitions that may help a failed task, best first."""
    progress: Annotated[Progress | None, Field(**NO_ERROR)]
    """Progress while it runs."""
    timings: dict[str, float]
    """Seconds by part of the work."""
    cached: bool
    """True if the outputs are those of an equal task."""
    cancel_requested: bool
    """True once a cancel of the running task was requested."""
    created_at: str
    """Time of the submission, UTC, ISO 8601."""
    started_at: str | None
    """Time of the last start."""
    finished_at: str | None
    """Time of the end."""
    note: Annotated[str | None, Field(**NO_ERROR)]
    """Note of a person."""
    snapshot: NotRequired[dict[str, JsonValue]]
    """All that decides the result: models, LoRAs, seeds, fingerprints and versions. Only where one
    task is read."""


@documented
class Cancelled(TypedDict):
    """The result of a cancel."""

    cancelled: int
    """Number of tasks that were cancelled."""


@documented
class TransientOutput(TypedDict):
    """An output of a transient run."""

    port: str
    """Output port of the operation."""
    index: int
    """Position among the outputs of the port, from 0."""
    kind: str
    """Kind of the output."""
    value: Annotated[JsonValue, Field(**NO_ERROR)]
    """The value of an output that is text or JSON."""
    width: int | None
    """Width in pixels."""
    height: int | None
    """Height in pixels."""
    seed: int | None
    """Seed of a generated image."""
    url: str | None
    """Address of a file, valid for minutes."""


@documented
class TransientResponse(TypedDict):
    """The result of a transient run."""

    id: str
    """ID of the result."""
    operation: str
    """Name of the operation."""
    outputs: list[TransientOutput]
    """Outputs of the run."""
    warnings: Annotated[list[Notice], Field(examples=[[]])]
    """Input that was changed or ignored."""
    timings: dict[str, float]
    """Seconds by part of the work."""


_IN_TIME = "The task, if it ended within the seconds of `Prefer: wait=N`."
_QUEUED = "The task is queued."
_UNCHANGED = "The client has the current state."
Submitted = Annotated[Response, ByStatus({202: Accepted, 200: Task}, {202: _QUEUED, 200: _IN_TIME})]
SubmittedOrTransient = Annotated[
    Response,
    ByStatus(
        {202: Accepted, 200: Task | TransientResponse},
        {202: _QUEUED, 200: f"The result of a transient run. {_IN_TIME}"},
    ),
]
ReadTask = Annotated[Any, ByStatus({200: Task, 304: None}, {304: _UNCHANGED})]
Preview = Annotated[Response, File(("image/jpeg",), "The newest preview.")]
TransientFile = Annotated[Response, File(("*/*",), "The file of an output.")]
