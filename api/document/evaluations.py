"""Answers about evaluations of LoRAs: plans, reports and votes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Response
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import File, documented
from api.document.tasks import NO_ERROR
from core.tasks.states import Status

NearestImage = Annotated[Response, File(("image/png",), "The training image.")]


@documented
class EvaluationTask(TypedDict):
    """A queued evaluation."""

    task_id: str
    """ID of its task."""


class EvaluationEntry(TypedDict):
    """An evaluation of the list."""

    # `EvaluationDetail` inherits these descriptions.
    task_id: Annotated[str, Field(description="ID of its task.")]
    status: Annotated[Status, Field(description="State of the task.")]
    created_at: Annotated[str, Field(description="Time of the submission, UTC.")]
    finished_at: Annotated[str | None, Field(description="Time of the end, UTC.")]
    run_id: Annotated[str | None, Field(description="ID of the training; null for other LoRAs.")]
    concept: Annotated[str, Field(description="Word that the test prompts name.")]
    model: Annotated[str, Field(description="ID of the base model.")]
    columns: Annotated[int, Field(description="Number of columns; the first is the base.")]
    rows: Annotated[int, Field(description="Number of rows: prompts with a seed.")]
    best: Annotated[int | None, Field(description="Number of the best column, from 0.")]
    explanation: Annotated[str, Field(description="Reason for the choice.")]
    progress: Annotated[
        dict[str, Any] | None, Field(description="Progress of the task while it runs.", **NO_ERROR)
    ]


@documented
class EvaluationDetail(EvaluationEntry):
    """An evaluation with all that it made."""

    plan: dict[str, JsonValue]
    """Rows, number of columns, metric networks and the missing ones."""
    report: Annotated[dict[str, JsonValue] | None, Field(**NO_ERROR)]
    """Columns with terms, gates and health; cells; the best column and advice."""
    images: list[str]
    """IDs of the images, column by column in the order of rows."""
    votes: list[list[int]]
    """Pairs of row and column."""
    warnings: list[dict[str, JsonValue]]
    """Warnings of the task, such as missing metric networks."""
    error: Annotated[dict[str, JsonValue] | None, Field(**NO_ERROR)]
    """Error of a failed evaluation."""


@documented
class Votes(TypedDict):
    """The votes of an evaluation."""

    votes: list[list[int]]
    """Pairs of row and column."""
