"""Answers about the log."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from api.document.marks import documented


@documented
class LogRecord(TypedDict):
    """A record of the log."""

    id: str
    """ID of the record, sortable by time."""
    time: Annotated[str, Field(examples=["2026-01-31T12:00:00.000+00:00"])]
    """Time in UTC."""
    level: Literal["debug", "info", "warning", "error", "critical"]
    """Level."""
    logger: Annotated[str, Field(examples=["core.tasks"])]
    """Logger: the module that wrote it."""
    message: Annotated[str, Field(examples=["generate completed"])]
    """Message, with the traceback of an exception; secrets are masked."""
    task_id: NotRequired[str]
    """Task that it belongs to."""
    worker: NotRequired[Annotated[str, Field(examples=["device"])]]
    """Lane of the worker that wrote it."""
    request_id: NotRequired[Annotated[str, Field(examples=["4f1c2a-17"])]]
    """Request that it belongs to: `X-Request-Id` of the answer."""


@documented
class LogPage(TypedDict):
    """Records of the log."""

    items: list[LogRecord]
    """The records, oldest first."""
    older: str | None
    """Older records follow: send it as `before`. Null if there are none."""
    newest: str | None
    """Send it as `after` for later records."""
