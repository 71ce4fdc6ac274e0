"""Answers about workflows, their runs, and the declarations that they are made of."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from fastapi import Response
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import ByStatus, documented
from api.document.tasks import Task
from core.operations.declaration.fields import Category
from core.workflows.workflow import Workflow

WORKFLOW = {
    "format": "qpyt.workflow/1",
    "name": "house",
    "description": "",
    "bricks": [
        {
            "id": "prompt",
            "type": "prompt",
            "props": {"prompt": "a red house at night"},
            "column": 0,
            "row": 0,
        },
        {"id": "generate", "type": "generate", "props": {}, "column": 1, "row": 0},
    ],
    "wires": [{"from": "prompt.prompt", "to": "generate.prompt"}],
}
WorkflowFile = Annotated[Workflow, Field(examples=[WORKFLOW])]


@documented
class SavedWorkflow(TypedDict):
    """A saved workflow."""

    name: str
    """Name of the workflow."""
    description: str
    """Description of its purpose."""
    tags: list[str]
    """Words to find the workflow by."""
    bricks: int
    """Number of its bricks."""
    exposed: int
    """Number of the fields that its form shows."""
    updated_at: str
    """Time of the last change, UTC, ISO 8601."""
    thumbnail_url: str | None
    """Address of the image of the last result; null before the first."""


@documented
class NamedWorkflow(TypedDict):
    """The name of a workflow."""

    name: str
    """Name of the workflow."""


@documented
class DeletedWorkflow(TypedDict):
    """A deleted workflow, which can be restored."""

    id: str
    """ID in the trash."""
    name: str
    """Name of the workflow."""
    deleted_at: str
    """Time of the deletion, UTC, ISO 8601."""


@documented
class WorkflowVersion(TypedDict):
    """An earlier version of a workflow."""

    id: str
    """ID of the version."""
    saved_at: str
    """Time when this version was saved, UTC, ISO 8601."""
    bricks: int
    """Number of its bricks."""


@documented
class FormField(TypedDict):
    """An exposed field of a workflow."""

    input: str
    """Name in the inputs of a run, as `brick.field`."""
    brick: str
    """Brick of the field."""
    brick_title: str
    """Title of the brick."""
    field: str
    """Name of the field."""
    title: str
    """Title of the field."""
    required: bool
    """True if it has no default."""
    value: JsonValue
    """Value in the workflow, or the default."""
    schema: dict[str, JsonValue]
    """JSON schema, with hints for forms."""


@documented
class WorkflowForm(TypedDict):
    """The exposed fields of a workflow, as one form."""

    name: str
    """Name of the workflow, to run it by."""
    title: str
    """Title, for people."""
    description: str
    """Description of its purpose."""
    fields: Annotated[list[FormField], Field(examples=[[]])]
    """Exposed fields in the order of the wall."""
    results: Annotated[list[str], Field(examples=[["image"]])]
    """Bricks that show results."""


@documented
class MissingDownload(TypedDict):
    """A download that supplies a missing model."""

    id: str
    """ID in the catalogue."""
    label: str
    """Name, for people."""
    bytes: int
    """Approximate size in bytes."""


@documented
class MissingModel(TypedDict):
    """A model that a workflow names and this machine lacks."""

    brick: str
    """Brick that names it."""
    field: str
    """Field of the brick."""
    name: str
    """Name of the model."""
    detail: str
    """The fault as a sentence."""
    fix: str
    """The next action."""
    pull: Annotated[list[MissingDownload], Field(examples=[[]])]
    """Downloads that supply it."""


@documented
class WorkflowFault(TypedDict):
    """A fault of a workflow."""

    brick: str
    """Brick of the fault; empty for the whole workflow."""
    field: str
    """Field or port of the brick; empty for the whole brick."""
    severity: Literal["error", "warning"]
    """An `error` prevents the run."""
    code: str
    """Stable code of the fault."""
    detail: str
    """The fault as a sentence."""
    fix: str
    """The next action; empty where none is known."""
    pull: Annotated[list[MissingDownload], Field(examples=[[]])]
    """Downloads that resolve it."""


@documented
class PresetWorkflow(TypedDict):
    """A workflow that ships."""

    name: str
    """Name of the preset."""
    title: str
    """Title, for people."""
    description: str
    """Description of its purpose."""
    tags: list[str]
    """Words to find the preset by."""
    exposed: int
    """Number of the fields that its form shows."""
    missing: Annotated[list[MissingModel], Field(examples=[[]])]
    """Models that it needs and this machine lacks."""


@documented
class WorkflowProblem(TypedDict):
    """A fault of a workflow."""

    brick: str
    """Brick of the fault."""
    field: str
    """Field or port of the brick."""
    detail: str
    """The fault as a sentence."""


@documented
class WiredWorkflow(TypedDict):
    """A workflow with its wires, and its faults."""

    workflow: WorkflowFile
    """The workflow."""
    problems: Annotated[list[WorkflowProblem], Field(examples=[[]])]
    """Faults of the workflow; a wire at fault is left out."""


@documented
class WaitingBrick(TypedDict):
    """A brick that does not run yet, because a person has to act first."""

    brick: str
    """The brick that waits."""
    needs: str
    """The brick to fill in."""
    detail: str
    """The reason."""
    fix: str
    """The next action."""
    field: str
    """Its own empty field; empty where its input is not made yet."""


@documented
class ValidatedWorkflow(TypedDict):
    """The faults of a workflow, and what a run of it would do."""

    valid: bool
    """True if a run would be accepted."""
    faults: Annotated[list[WorkflowFault], Field(examples=[[]])]
    """Faults by brick."""
    runs: Annotated[list[str], Field(examples=[["generate"]])]
    """Bricks that would run, in their order."""
    waits: Annotated[list[WaitingBrick], Field(examples=[[]])]
    """Bricks that wait for a person."""


@documented
class Run(TypedDict):
    """A queued workflow."""

    run_id: str
    """ID of the run."""
    tasks: Annotated[dict[str, str], Field(examples=[{"generate": "01K5Z8B3W9QX4T7M2N6R1V0YCD"}])]
    """Task IDs by brick."""
    waits: Annotated[list[WaitingBrick], Field(examples=[[]])]
    """Bricks that wait for a person."""
    status_url: str
    """Address that lists the tasks of the run."""
    results: NotRequired[dict[str, Task]]
    """Tasks by brick, if all ended within the seconds of `Prefer: wait=N`."""


@documented
class DeclaredPort(TypedDict):
    """A port of a brick."""

    name: str
    """Name of the port."""
    type: str
    """Kind that it carries."""
    many: bool
    """True if it carries a list."""


@documented
class InputPort(TypedDict):
    """An input port of a brick."""

    name: str
    """Name of the port."""
    type: str
    """Kind that it takes."""
    many: bool
    """True if it takes the values of several wires in one run."""
    fields: list[str]
    """Fields that it fills."""
    required: bool
    """True if one of the fields has no default."""


@documented
class Declaration(TypedDict):
    """An operation, a value or a view."""

    name: str
    """Name, as in addresses and workflows."""
    kind: Literal["operation", "value", "view"]
    """Operation, value or view; only an operation runs."""
    title: str
    """Title, for people."""
    summary: str
    """Description of its purpose."""
    category: Category
    """Group on the canvas, which decides its colour."""
    lane: str | None
    """Lane of an operation."""
    has_brick: bool
    """True if it has a brick on the canvas."""
    in_lab: bool
    """True if it has a form in the LoRA lab."""
    transient: bool
    """True if it can run without a task."""
    rewrites: list[str]
    """Fields of a prompt that its text may replace."""
    inputs: list[InputPort]
    """Input ports."""
    outputs: list[DeclaredPort]
    """Output ports."""
    model_fields: list[str]
    """Fields that have an effect only with models that use them."""
    schema: dict[str, JsonValue]
    """JSON schema of the fields, with hints for forms."""


@documented
class WireColour(TypedDict):
    """CSS colours of a wire."""

    light: str
    """Colour in the light theme."""
    dark: str
    """Colour in the dark theme."""


@documented
class Kind(TypedDict):
    """The type of an input, output or wire."""

    name: str
    """Name of the kind."""
    noun: str
    """Word for one item of it."""
    storage: Literal["asset", "text", "json", "constant"]
    """Place where items are kept."""
    wire: WireColour
    """Colours of its wires."""
    media_types: list[str]
    """Media types of its files, the usual one first."""
    ending: str
    """Ending of its files."""
    raster: bool
    """True for images of pixels, which can be uploaded."""
    inline: bool
    """True if a browser may open its files from the studio's address."""
    accepts: list[str]
    """Kinds that an input of this kind takes beside its own."""
    display: Literal["image", "text", "value", "file", "none"]
    """Element that shows a result."""


@documented
class Declarations(TypedDict):
    """All declarations, and the kinds of their ports."""

    items: list[Declaration]
    """Operations, values and views."""
    kinds: list[Kind]
    """Kinds."""


PutWorkflow = Annotated[
    Workflow,
    ByStatus(
        {200: WorkflowFile, 201: WorkflowFile},
        {200: "Saved over the workflow of that name.", 201: "Saved under a new name."},
    ),
]
StartedRun = Annotated[
    Response,
    ByStatus(
        {202: Run, 200: Run},
        {202: "The tasks are queued.", 200: "The run with its results, if it ended in time."},
    ),
]
