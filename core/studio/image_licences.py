"""Licences of the models that made images, by the models' ids."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from core.models.library.library import Library
from core.models.licences import licence_data, licence_of_id

FRESH_SECONDS = 60.0


class ImageLicences:
    """Licences as JSON, looked up in the library at most once a minute. Any thread may call."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._cache: dict[str, tuple[float, Mapping[str, Any] | None]] = {}

    def of(self, model_id: str) -> Mapping[str, Any] | None:
        """The licence of a model; None where no record names one."""
        now = time.monotonic()
        until, licence = self._cache.get(model_id, (0.0, None))
        if until < now:
            licence = licence_data(licence_of_id(model_id, self._library))
            self._cache[model_id] = now + FRESH_SECONDS, licence
        return licence
