"""A persistent map of strings in one small JSON file, which may be lost without harm.

`models.json` maps ids of used models to fingerprints, so that renamed files are still found;
`hashes.json` maps fingerprints to SHA-256 of whole files.
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
    """Strings by key, at most `LIMIT`; without a path in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._entries: dict[str, str] | None = None
        self._lock = Lock()

    def get(self, key: str) -> str | None:
        """The value of a key, or None."""
        return self._read().get(key)

    def set(self, key: str, value: str) -> None:
        """Keep a value, and write the file where that changes it: not for the event loop's thread.

        A full or read-only disk is logged and costs only the entry.
        """
        with self._lock:
            entries = self._read()
            if entries.get(key) == value or len(entries) >= LIMIT:
                return
            entries[key] = value
            if self._path is not None:
                try:
                    text = json.dumps(entries, indent=1, ensure_ascii=False)
                    atomic.write_text(self._path, text, durable=False)
                except OSError as error:
                    log.warning("%s cannot be saved: %s", self._path.name, error)

    def _read(self) -> dict[str, str]:
        if self._entries is None:
            self._entries = _load(self._path)
        return self._entries


def _load(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file() or path.stat().st_size > SIZE_LIMIT:
        return {}
    try:
        entries = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(entries, dict):
        return {}
    return {str(key): value for key, value in entries.items() if isinstance(value, str)}
