"""Readiness: the checks that must pass before a task can start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import StudioError
from core.store.database import Database
from core.store.faults import check_writable
from core.worker.executor import Executor


class Readiness:
    """The state of startup, of the storage and of the device worker."""

    def __init__(
        self,
        data_dir: Path,
        database: Database,
        executor: Executor,
        opened: Callable[[], bool | str],
    ) -> None:
        """`opened`: True once tasks can start; before, the reason why they cannot."""
        self._data_dir = data_dir
        self._database = database
        self._executor = executor
        self._opened = opened

    async def check(self) -> dict[str, Any]:
        """`{ready, checks}`; a check that fails is False or the reason."""
        device = self._executor.lanes().get("device")
        checks: dict[str, Any] = {
            "opened": self._opened(),
            "storage": True,
            "worker": device is not None and device.state in ("ready", "busy"),
        }
        try:
            await self._database.check()
            await asyncio.to_thread(check_writable, self._data_dir)
        except StudioError as error:
            checks["storage"] = error.detail
        return {"ready": all(check is True for check in checks.values()), "checks": checks}
