"""Companions that are loaded stay warm until room is needed or they were idle for long.

Knows nothing of what they are: an operation says how its own is loaded.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from core.models.library.library import Library

T = TypeVar("T")
KEPT = 2  # of gigabytes each, at worst


@dataclass(slots=True)
class _Warm:
    thing: Any
    used: float


class WarmCompanions:
    """See `core.operations.declaration.base.Companions`. `device` is handed to who loads."""

    def __init__(self, library: Library, device: str) -> None:
        self._library = library
        self._device = device
        self._warm: OrderedDict[str, _Warm] = OrderedDict()

    def get(self, companion_id: str, load: Callable[[Path, str], T]) -> T:
        """The companion, loaded now or before. The one unused for longest makes room first."""
        warm = self._warm.pop(companion_id, None)
        if warm is None:
            folder = self._library.companion(companion_id)
            while len(self._warm) >= KEPT:
                self._warm.popitem(last=False)
            warm = _Warm(load(folder, self._device), 0.0)
        warm.used = time.monotonic()
        self._warm[companion_id] = warm
        return cast(T, warm.thing)

    def unload_idle(self, seconds: float) -> None:
        """Let go what was not used for so long."""
        limit = time.monotonic() - seconds
        for companion_id in [key for key, warm in self._warm.items() if warm.used <= limit]:
            del self._warm[companion_id]
