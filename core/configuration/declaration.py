"""The declaration of a setting: its group, its unit, and the way in which it may be changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import Field, SecretStr
from pydantic.fields import FieldInfo

KEY = "setting"
SEED_MAX = 2**32 - 1
GROUPS = {
    "profile": "Profile",
    "health": "Health",
    "logs": "Log and history",
    "images": "Images",
    "limits": "Limits",
    "tasks": "Tasks and workers",
    "device": "Device and memory",
    "server": "Server and access",
    "folders": "Folders and database",
    "models": "Models",
    "other": "Other",
}
"""The groups of settings by ID, in the order of the page."""
UNITS = {
    "_bytes": "bytes",
    "_seconds": "seconds",
    "_pixels": "pixels",
    "_percent": "%",
    "_per_hour": "an hour",
    "_hours": "hours",
}
"""The units by the end of a setting's name."""
_PRIVATE = (Path, SecretStr)


@dataclass(frozen=True, slots=True)
class Traits:
    """The properties of a setting beside its type and its value."""

    group: str = "other"
    live: bool = False
    """A change takes effect at once; of other settings, at the next start."""
    guarded: bool = False
    """It decides security: REST does not change it."""


def setting(
    default: Any,
    description: str,
    group: str,
    *,
    live: bool = False,
    guarded: bool = False,
    **limits: Any,
) -> Any:
    """A field of `Settings`; `limits` as in `pydantic.Field`."""
    traits: Any = {"group": group, "live": live, "guarded": guarded}
    return Field(default, description=description, json_schema_extra={KEY: traits}, **limits)


def traits_of(field: FieldInfo) -> Traits:
    """The traits of a field. One without a declaration is guarded if it is a path or a secret."""
    extra = field.json_schema_extra
    declared = extra.get(KEY) if isinstance(extra, dict) else None
    if declared:
        return Traits(**cast("dict[str, Any]", declared))
    return Traits(guarded=_mentions(field.annotation, _PRIVATE))


def is_secret(field: FieldInfo) -> bool:
    """True for a field whose value is never shown."""
    return _mentions(field.annotation, (SecretStr,))


def unit_of(name: str) -> str | None:
    """The unit of a setting, by its name."""
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), None)


def _mentions(annotation: Any, types: tuple[type, ...]) -> bool:
    """True if a type annotation is one of `types`, or names one."""
    if isinstance(annotation, type):
        return issubclass(annotation, types)
    return any(_mentions(part, types) for part in get_args(annotation))
