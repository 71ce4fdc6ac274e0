"""Answers about drafts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from api.document.marks import documented
from api.document.workflows import WorkflowFile


@documented
class DraftEntry(TypedDict):
    """An open canvas with edits, without its content."""

    id: str
    """ID of the draft."""
    revision: int
    """Number of its revision, from 1."""
    updated_at: str
    """Time of the last change, UTC, ISO 8601."""
    name: str
    """Name of the workflow."""
    bricks: int
    """Number of its bricks."""
    saved_name: str | None
    """Saved workflow that it edits; null without one."""


@documented
class DraftSaved(TypedDict):
    """The saved workflow that a draft edits."""

    name: str
    """Name of the workflow."""
    revision: str
    """`ETag` of its file when it was opened or saved last."""
    at: float | None
    """Time of the last save, milliseconds since 1970."""
    edited: bool
    """True if the draft differs from the file."""


@documented
class StoredDraft(TypedDict):
    """An open canvas with its edits."""

    id: str
    """ID of the draft."""
    revision: int
    """Number of its revision; 0 where nothing is stored yet."""
    updated_at: str
    """Time of the last change, UTC, ISO 8601."""
    workflow: WorkflowFile
    """The workflow as it was sent."""
    results: Annotated[dict[str, list[str]], Field(examples=[{}])]
    """IDs of tasks by brick, newest first."""
    saved: DraftSaved | None
    """Saved workflow that it edits; null without one."""


@documented
class DraftRevision(TypedDict):
    """A stored revision of a draft."""

    id: str
    """ID of the draft."""
    revision: int
    """Number of the revision."""
