"""What models were called when they were used, so that a renamed file is still found by its old id.

One small JSON file in the data directory: id → fingerprint. Losing it loses nothing but that.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from core.store import atomic

log = logging.getLogger(__name__)

LIMIT = 10_000
SIZE_LIMIT = 4 << 20


class StringMap:
    """Names of models that were used; with no path it forgets everything."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, str] | None = None

    def fingerprint(self, model_id: str) -> str | None:
        """What the model of this id was."""
        return self._read().get(model_id)

    def note(self, model_id: str, fingerprint: str) -> None:
        """Remember a model that was used. A disk that is full or read-only is no fault of it."""
        known = self._read()
        if known.get(model_id) == fingerprint or len(known) >= LIMIT:
            return
        known[model_id] = fingerprint
        if self._path is not None:
            try:
                text = json.dumps(known, indent=1, ensure_ascii=False)
                atomic.write_text(self._path, text, durable=False)
            except OSError as error:
                log.warning("the names of models cannot be saved: %s", error)

    def _read(self) -> dict[str, str]:
        if self._known is None:
            self._known = _load(self._path)
        return self._known


def _load(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file() or path.stat().st_size > SIZE_LIMIT:
        return {}
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(key): value for key, value in found.items() if isinstance(value, str)}
