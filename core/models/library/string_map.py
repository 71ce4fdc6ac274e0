"""What models were called when they were used, so that a renamed file is still found by its old id.

One small JSON file in the data directory: id → fingerprint. Losing it loses nothing but that.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from threading import Lock

from core.store import atomic

log = logging.getLogger(__name__)

LIMIT = 10_000
SIZE_LIMIT = 4 << 20


class StringMap:
    """Names of models that were used; with no path it forgets everything."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, str] | None = None
        self._lock = Lock()

    def get(self, key: str) -> str | None:
        """The value of a key, or None."""
        return self._read().get(key)

    def set(self, key: str, value: str) -> None:
        """Keep a value, and write the file where that changes it: not for the event loop's thread.

        A full or read-only disk is logged and costs only the entry.
        """
        with self._lock:
            known = self._read()
            if known.get(key) == value or len(known) >= LIMIT:
                return
            known[key] = value
            if self._path is not None:
                try:
                    text = json.dumps(known, indent=1, ensure_ascii=False)
                    atomic.write_text(self._path, text, durable=False)
                except OSError as error:
                    log.warning("%s cannot be saved: %s", self._path.name, error)

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
