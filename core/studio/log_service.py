"""The log of the process that owns the data directory: written, read, announced."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from core.events import EventBus
from core.logs import reader
from core.logs.files import FOLDER, LogFiles, Throttle
from core.logs.reader import LogFilter
from core.logs.redaction import Redaction
from core.settings import Settings

NOTIFY_SECONDS = 0.5


class LogService:
    """Writes the log files while the studio runs, and answers queries of them.

    New records are announced as one `log` event with the ID of the newest, at most twice a second;
    a slow client gets the latest one only.
    """

    def __init__(self, settings: Settings, bus: EventBus) -> None:
        self.redact = Redaction(secrets_of(settings))
        self._settings = settings
        self._bus = bus
        self._folder = settings.data_dir / FOLDER
        self._handler: LogFiles | None = None

    def start(self) -> None:
        """Write records from now on."""
        self.redact.add(*secrets_of(self._settings))
        loop = asyncio.get_running_loop()
        handler = LogFiles(
            self._folder,
            max_bytes=self._settings.log_file_bytes,
            count=self._settings.log_files,
            redact=self.redact,
            name="studio" if self._settings.embedded else f"studio-{os.getpid()}",
        )

        def schedule(seconds: float, work: Callable[[], None]) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(loop.call_later, seconds, work)

        handler.on_record = Throttle(schedule, self._announce, NOTIFY_SECONDS)
        logging.getLogger().addHandler(handler)
        self._handler = handler

    def stop(self) -> None:
        """Write no more."""
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            self._handler.close()
            self._handler = None

    async def read(
        self, wanted: LogFilter, limit: int, after: str | None, before: str | None
    ) -> dict[str, Any]:
        """Records, oldest first: the first ones after an ID, or the last ones before an ID.

        `newest` continues a tail as `after`; `older` continues to older ones as `before`.
        """
        if after is not None:
            items = await asyncio.to_thread(reader.after, self._folder, wanted, limit, after)
        else:
            items = await asyncio.to_thread(reader.newest, self._folder, wanted, limit, before)
        older = items[0]["id"] if after is None and len(items) == limit else None
        return {
            "items": items,
            "older": older,
            "newest": items[-1]["id"] if items else after,
        }

    def _announce(self, newest: str) -> None:
        if self._bus.subscribers:
            self._bus.publish_latest("log", {"newest": newest}, "log")


def secrets_of(settings: Settings) -> list[str]:
    """The secrets that a log must not hold: tokens and passwords."""
    secrets = [settings.token.get_secret_value()] if settings.token else []
    with suppress(ValueError):  # an address that is none has no password
        secrets.append(urlsplit(settings.database).password or "")
    with suppress(OSError):
        secrets.append((settings.data_dir / "token").read_text(encoding="utf-8").strip())
    return secrets
