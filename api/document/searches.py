"""Answers about searches for settings of a training."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Response
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import File, documented
from api.document.tasks import NO_ERROR

SearchFile = Annotated[Response, File(("text/plain",), "The file of results.")]


@documented
class SearchStarted(TypedDict):
    """A search that was started."""

    search_id: str
    """ID of the search."""
    status_url: str
    """Address of its state."""


class SearchEntry(TypedDict):
    """A search of the list."""

    # `SearchDetail` inherits these descriptions; docstrings below fields are not inherited.
    search_id: Annotated[str, Field(description="ID of the search.")]
    name: Annotated[str, Field(description="Name, for people.")]
    status: Annotated[str, Field(description="running, paused, completed, failed or cancelled.")]
    error: Annotated[str | None, Field(description="Reason of a failure.", **NO_ERROR)]
    dataset: Annotated[str, Field(description="Dataset of the trainings.")]
    model: Annotated[str | None, Field(description="ID of the base model; null: the default.")]
    preset: Annotated[str, Field(description="ID of the preset.")]
    objective: Annotated[str, Field(description="Measure that is improved.")]
    trials_planned: Annotated[int, Field(description="Number of trainings.")]
    created_at: Annotated[str, Field(description="Time of the start, UTC.")]
    finished_at: Annotated[str | None, Field(description="Time of the end, UTC.")]


@documented
class SearchPage(TypedDict):
    """All searches, the newest first."""

    items: list[SearchEntry]
    """The searches."""


@documented
class SearchTrial(TypedDict):
    """A training of a search."""

    number: int
    """Number of the trial, from 0."""
    state: str
    """running, complete, pruned or failed."""
    value: float | None
    """Value of the objective, once it is complete."""
    params: dict[str, JsonValue]
    """Values of the settings by dotted key."""
    task_id: str | None
    """ID of its task."""
    evaluation_id: str | None
    """ID of the task that scores it, where the score is the objective."""
    steps: list[list[float]]
    """Measurements as pairs of step and value."""
    error: str | None
    """Reason of a failure."""


@documented
class SearchPoint(TypedDict):
    """A point of the history."""

    trial: int
    """Number of the trial."""
    value: float
    """Its value."""
    best: float
    """The best value so far."""


@documented
class SearchKey(TypedDict):
    """A setting that a search can vary."""

    key: str
    """Dotted key."""
    title: str
    """Label, for people."""


@documented
class SearchForm(TypedDict):
    """The request of a search as a form."""

    schema: dict[str, Any]
    """JSON schemas of the budget's fields, with hints for forms."""
    ranges: dict[str, Any]
    """The usual ranges by dotted key."""
    keys: list[SearchKey]
    """Settings that can be varied."""


class SearchDetail(SearchEntry):
    """A search with its trials and the data of its plots."""

    settings: Annotated[dict[str, Any], Field(description="Budget and ranges.")]
    config: Annotated[dict[str, Any], Field(description="Sections that all trials share.")]
    best_trial: Annotated[int | None, Field(description="Number of the best trial.")]
    direction: Annotated[str, Field(description="minimize or maximize.")]
    trials: Annotated[list[SearchTrial], Field(description="Trials by number.")]
    history: Annotated[list[SearchPoint], Field(description="Values of complete trials.")]
    importance: Annotated[
        dict[str, float], Field(description="Share of each setting in the differences.")
    ]
    parallel: Annotated[
        dict[str, Any],
        Field(description="Axes of the settings, and a line for each complete trial."),
    ]
    files: Annotated[list[str], Field(description="Names of the files of results.")]
