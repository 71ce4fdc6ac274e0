"""Answers about imported and exported workflows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import documented
from api.document.workflows import WorkflowFile, WorkflowProblem


@documented
class ImportedNode(TypedDict):
    """A node, or a setting of an image's metadata, and what became of it."""

    node: str
    """ID in the file."""
    type: str
    """Class of the node."""
    title: str
    """Title that the user gave it."""
    status: Literal["mapped", "approximated", "unmapped", "skipped"]
    """Unmapped is kept as an inert brick; skipped takes no part in the file either."""
    becomes: str
    """Its place on the wall."""
    detail: str
    """Differences of the wall, and models that are missing."""
    bricks: list[str]
    """IDs of its bricks."""


@documented
class MissingFile(TypedDict):
    """A model, LoRA or ControlNet that is not on this machine, by the name that the wall keeps."""

    kind: Literal["model", "lora", "control"]
    """Model, LoRA or ControlNet."""
    name: str
    """Name in the file."""
    detail: str
    """The fault as a sentence."""
    fix: str
    """The next action."""


@documented
class ImportReport(TypedDict):
    """The outcome for each part of a file."""

    source: str
    """Format: `qpyt`, `comfyui-api`, `comfyui-ui`, or the tool that wrote the metadata."""
    mapped: int
    """Nodes with an exact place on the wall."""
    approximated: int
    """Nodes that differ on the wall."""
    unmapped: int
    """Nodes without a brick."""
    skipped: int
    """Nodes that are muted or bypassed in the file."""
    nodes: Annotated[list[ImportedNode], Field(examples=[[]])]
    """The nodes by ID."""
    missing: Annotated[list[MissingFile], Field(examples=[[]])]
    """Models and LoRAs that are not on this machine."""


@documented
class ImportedWorkflow(TypedDict):
    """An imported workflow."""

    workflow: WorkflowFile
    """The workflow."""
    problems: Annotated[list[WorkflowProblem], Field(examples=[[]])]
    """Faults of the workflow; a wire at fault is left out."""
    report: ImportReport
    """The outcome for each node of the file."""


@documented
class ExportedWorkflow(TypedDict):
    """A workflow as a graph of ComfyUI."""

    prompt: Annotated[dict[str, JsonValue], Field(examples=[{}])]
    """Nodes by ID, as `POST /prompt` of ComfyUI takes them."""
    report: ImportReport
    """The outcome for each brick."""
