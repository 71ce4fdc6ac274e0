"""Answers about the queue as a whole."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from api.document.marks import documented
from api.document.tasks import NO_ERROR, Task
from core.tasks.states import Status


@documented
class Lane(TypedDict):
    """A lane and its workers."""

    name: str
    """Name of the lane."""
    state: str
    """State of its workers."""
    detail: str
    """The state as a sentence; empty if there is nothing to say."""
    concurrency: int
    """Number of tasks that run at once."""
    pid: int | None
    """Process of one of the workers."""
    restarts: int
    """Restarts of workers since the start."""


@documented
class QueueState(TypedDict):
    """The queue as a whole."""

    paused: bool
    """True while no task starts."""
    auto_run: bool
    """True while submitted tasks start by themselves; else they are held until their release."""
    cleared_at: Annotated[str | None, Field(**NO_ERROR)]
    """Finished tasks up to this time are left out of snapshots."""
    counts: dict[Status, int]
    """Number of tasks in each state."""
    running: list[Task]
    """Running tasks."""
    eta_seconds: float | None
    """Estimated seconds until the queue is empty; null if unknown."""
    lanes: list[Lane]
    """Lanes and their workers."""


@documented
class QueueSnapshot(TypedDict):
    """The queue at one moment."""

    paused: bool
    """True while no task starts."""
    auto_run: bool
    """True while submitted tasks start by themselves; else they are held until their release."""
    cleared_at: Annotated[str | None, Field(**NO_ERROR)]
    """Finished tasks up to this time are left out of snapshots."""
    counts: dict[Status, int]
    """Number of tasks in each state."""
    running: list[Task]
    """Running tasks."""
    eta_seconds: float | None
    """Estimated seconds until the queue is empty; null if unknown."""
    lanes: list[Lane]
    """Lanes and their workers."""
    event_id: Annotated[str, Field(examples=["01K5Z8B3W9QX4T7M2N6R1V0YCD-17"])]
    """ID of the last event that the snapshot includes; later ones may be included as well."""
    offset: int
    """Number of waiting tasks before those of the snapshot."""
    waiting: list[Task]
    """Waiting tasks, in the order of the queue."""
    starts_in_seconds: list[float | None]
    """Estimated seconds until each of them starts; null if unknown or held."""
    ended: list[Task]
    """Tasks that have ended, the last one first."""


@documented
class Released(TypedDict):
    """The result of a release."""

    released: int
    """Number of tasks that are no longer held by the user."""


@documented
class Retried(TypedDict):
    """The result of a retry of several tasks."""

    retried: int
    """Number of tasks that were queued again."""


@documented
class Repeated(TypedDict):
    """The result of a repetition."""

    task_ids: Annotated[list[str], Field(examples=[["01K5Z8B3W9QX4T7M2N6R1V0YCD"]])]
    """IDs of the new tasks."""
