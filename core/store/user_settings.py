"""The user's file of settings, written at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.configuration import changes
from core.settings import Settings
from core.store import atomic


def write(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Write values to the user's file, None removes one; return the settings of the next start.

    Raises `InvalidInput` and leaves the file as it was.
    """
    path, text = changes.edited(settings, values)
    atomic.write_text(path, text)
    return changes.reread(settings)
