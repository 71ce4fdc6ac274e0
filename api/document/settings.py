"""Answers about settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from api.document.marks import documented

Value = bool | float | str | list[str | int] | None


@documented
class SettingGroup(TypedDict):
    """A group of settings."""

    id: str
    """ID of the group."""
    title: str
    """Title of the group."""


@documented
class Setting(TypedDict):
    """A setting."""

    name: Annotated[str, Field(examples=["stale_queue_seconds"])]
    """Name of the setting."""
    variable: Annotated[str, Field(examples=["QPYT_STALE_QUEUE_SECONDS"])]
    """Its environment variable."""
    group: Annotated[str, Field(examples=["health"])]
    """ID of its group."""
    description: str
    """Its effect."""
    schema: Annotated[dict[str, Any], Field(examples=[{"type": "number", "exclusiveMinimum": 0}])]
    """JSON schema of the value: type, range and choices."""
    unit: str | None
    """Unit of the value."""
    value: Annotated[Value, Field(examples=[120.0])]
    """The value in use; secrets are masked."""
    default: Annotated[Value, Field(examples=[120.0])]
    """The value without any source."""
    source: Literal["option", "environment", "env_file", "user_file", "profile", "default"]
    """The source of the value, the strongest that names the setting."""
    secret: bool
    """True if the value is masked."""
    editable: bool
    """True if `PATCH /api/settings` changes it."""
    obstacle: str | None
    """The reason why it is not editable, and the other way to change it."""
    restart: bool
    """True if a change takes effect at the next start."""
    pending: bool
    """True if the next start will use another value."""
    next_value: Annotated[Value, Field(examples=[120.0])]
    """The value of the next start."""


@documented
class SettingList(TypedDict):
    """All settings."""

    items: list[Setting]
    """The settings."""
    groups: list[SettingGroup]
    """The groups, in the order of the page."""
    file: Annotated[str, Field(examples=["/home/me/.local/share/qpyt-studio/settings.toml"])]
    """The user's file."""
    profile: Annotated[str | None, Field(examples=["qa"])]
    """The profile in use."""
    read_only: bool
    """True if no setting can be changed over REST."""
