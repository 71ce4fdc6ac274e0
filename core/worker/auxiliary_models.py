"""A cache of loaded auxiliary models, such as upscalers and prompt writers.

An operation passes the function that loads its model; this module handles any type.
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
KEPT = 2  # models, of up to gigabytes each


@dataclass(slots=True)
class _Warm:
    model: Any
    used: float


class WarmAuxiliaryModels:
    """Implements `AuxiliaryModels` of core/operations/declaration/base.py.

    `device` (`cpu`, `cuda` or `mps`) is passed to every load function.
    """

    def __init__(self, library: Library, device: str) -> None:
        self._library = library
        self._device = device
        self._warm: OrderedDict[tuple[str, str, str], _Warm] = OrderedDict()

    def get(self, model_id: str, load: Callable[[Path, str], T]) -> T:
        """The model of an id, loaded at first use; drops the least recently used beyond `KEPT`.

        A folder may hold several models, one for each function that loads.
        """
        key = (model_id, load.__module__, load.__qualname__)
        warm = self._warm.pop(key, None)
        if warm is None:
            folder = self._library.auxiliary(model_id)
            while len(self._warm) >= KEPT:
                self._warm.popitem(last=False)
            warm = _Warm(load(folder, self._device), 0.0)
        warm.used = time.monotonic()
        self._warm[key] = warm
        return cast(T, warm.model)

    def unload_idle(self, seconds: float) -> None:
        """Drop the models that were not used for `seconds`."""
        limit = time.monotonic() - seconds
        for key in [key for key, warm in self._warm.items() if warm.used <= limit]:
            del self._warm[key]
