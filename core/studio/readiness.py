"""Readiness: the checks that must pass before a task can start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import StorageUnavailable, StudioError
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
        failure: Callable[[], str | None],
    ) -> None:
        """`opened`: True once tasks can start; before, the reason why they cannot. `failure`: the
        reason why they never will, or None."""
        self._data_dir = data_dir
        self._database = database
        self._executor = executor
        self._opened = opened
        self._failure = failure

    async def check_accepting(self) -> None:
        """Raise `StorageUnavailable` where an accepted task would be lost or could never start.

        A worker that is not ready is no reason: a stored task waits for it.
        """
        if failure := self._failure():
            raise StorageUnavailable(
                f"The studio could not open: {failure}",
                fix="Restart the studio; its log has the details.",
            )
        if not self._data_dir.is_dir():
            raise StorageUnavailable(
                f"The data folder {self._data_dir} is gone.",
                fix="Put it back, or restart the studio to begin with an empty one.",
            )
        await self._database.check_if_changed()

    async def check(self) -> dict[str, Any]:
        """`{ready, checks}`; a check that fails is False or the reason."""
        checks: dict[str, Any] = {
            "opened": self._opened(),
            "storage": True,
            "worker": self._worker_check(),
        }
        try:
            await self._database.check()
            await asyncio.to_thread(check_writable, self._data_dir)
        except StudioError as error:
            checks["storage"] = error.detail
        return {"ready": all(check is True for check in checks.values()), "checks": checks}

    def _worker_check(self) -> bool | str:
        """True while the device lane is up and every worker answers; otherwise the reason."""
        lanes = self._executor.lanes()
        running = [lane for lane in lanes.values() if lane.state in ("ready", "busy")]
        reasons = [f"{lane.name}: {lane.detail}" for lane in running if lane.detail]
        device = lanes.get("device")
        if device is not None and device not in running:
            reasons.append(f"{device.name}: {device.detail or device.state}")
        return "; ".join(reasons) or device is not None
