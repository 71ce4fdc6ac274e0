"""Answers of the aliases for users of card-set studios."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import documented

Config = Annotated[dict[str, Any], Field(examples=[{"log_level": "info"}])]


@documented
class Job(TypedDict):
    """A task under the name of card-set studios."""

    id: str
    """ID of the task."""
    status: Literal["queued", "running", "completed", "failed", "cancelled"]
    """State; a held task is queued."""
    operation: str
    """Name of its operation."""
    prompt: str
    """Its prompt; empty for an operation without one."""
    params: dict[str, JsonValue]
    """Its parameters."""
    batch_id: str | None
    """Batch that it belongs to."""
    submitted_at: str
    """Time of submission, UTC, ISO 8601."""
    started_at: str | None
    """Time at which it started."""
    completed_at: str | None
    """Time at which it ended."""
    error: str | None
    """Reason of a failure."""
    images: list[str]
    """Addresses of its files."""


@documented
class JobList(TypedDict):
    """The jobs of the studio."""

    current: Job | None
    """A running job."""
    queue: list[Job]
    """Jobs that wait, in the order of the queue; 500 at most."""
    history: list[Job]
    """The newest 50 that have ended."""


@documented
class LoraWeight(TypedDict):
    """A LoRA of a set."""

    name: str
    """Its name."""
    weight: float
    """Its weight."""


@documented
class SetInfo(TypedDict):
    """The facts of a set."""

    id: str
    """ID of the set."""
    name: str
    """Name of the set."""
    description: str
    """Its contents."""
    csv_path: str
    """File of its table."""
    base_prompt: str
    """Beginning of every prompt."""
    prompt_template: str
    """Template of a row."""
    style_suffix: str
    """End of every prompt."""
    example_theme: str
    """A theme to start with."""
    width: int | None
    """Width in pixels; null: the model's own."""
    height: int | None
    """Height in pixels; null: the model's own."""
    negative_prompt: str
    """Negative prompt of every row."""
    loras: list[LoraWeight]
    """LoRAs of every row."""
    columns: list[str]
    """Columns of its table."""
    item_count: int
    """Number of its rows."""
