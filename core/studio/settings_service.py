"""The settings while the studio runs: listed, changed in the user's file, applied."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from core.configuration import changes
from core.configuration.description import describe, groups
from core.errors import StudioError
from core.settings import Settings
from core.store import user_settings

WATCH_SECONDS = 2.0
log = logging.getLogger(__name__)


class SettingsService:
    """Lists and changes settings. A change of the file by others is applied too."""

    def __init__(self, settings: Settings, on_change: Callable[[list[str]], None]) -> None:
        """`on_change` receives the names whose values were applied, on the event loop."""
        self._settings = settings
        self._on_change = on_change
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._watching: asyncio.Task[None] | None = None

    @property
    def current(self) -> Settings:
        """The settings in use."""
        return self._settings

    def start(self) -> None:
        """Begin to watch the user's file."""
        self._watching = asyncio.create_task(self._watch(), name="settings file")

    async def stop(self) -> None:
        """End the watch."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def describe(self) -> dict[str, Any]:
        """All settings, their groups, the user's file and the profile."""
        following = await asyncio.to_thread(self._reread)
        self._adopt(following)
        items = await asyncio.to_thread(describe, self._settings, following)
        return {
            "items": items,
            "groups": groups(),
            "file": str(self._settings.origins.user_file),
            "profile": self._settings.profile,
            "read_only": self._settings.settings_read_only,
        }

    async def change(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Write values to the user's file; None removes one. Returns `describe`.

        Raises `InvalidInput`, `SettingGuarded`, or `Conflict` where a stronger source sets it.
        """
        following = await asyncio.to_thread(self._write, values)
        self._adopt(following)
        return await self.describe()

    def _write(self, values: Mapping[str, Any]) -> Settings:
        changes.check_allowed(self._settings, values)
        with self._lock:
            return user_settings.write(self._settings, values)

    def _reread(self) -> Settings:
        with self._lock:
            self._seen = self._stamp()
            return changes.reread(self._settings)

    def _adopt(self, following: Settings) -> None:
        if names := self._settings.adopt(following):
            log.info("settings changed: %s", ", ".join(names))
            self._on_change(names)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self._stamp() != self._seen:
                try:
                    self._adopt(await asyncio.to_thread(self._reread))
                except StudioError as error:
                    log.warning("the changed settings are not used: %s", error.detail)

    def _stamp(self) -> tuple[int, int] | None:
        """The time and the size of the user's file; None while there is none."""
        file = self._settings.origins.user_file
        if file is not None:
            with suppress(OSError):
                status = file.stat()
                return status.st_mtime_ns, status.st_size
        return None
