"""The Python API (`from core.studio import Studio`) and, in its modules, the services behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.studio.results import Picture, StudioTaskError, TaskResult
    from core.studio.studio import AsyncStudio, Studio

__all__ = ["AsyncStudio", "Picture", "Studio", "StudioTaskError", "TaskResult"]


def __getattr__(name: str) -> Any:
    """Import the API on first use: the server needs only the services, and no HTTP client."""
    if name in __all__:
        from core.studio import studio

        return getattr(studio, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
