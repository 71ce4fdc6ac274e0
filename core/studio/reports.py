"""Reports of failed tasks, kept in the data folder where the setting `keep_reports` is on."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from core.logs.reader import LogFilter
from core.settings import Settings
from core.store import atomic
from core.studio.log_service import LogService
from core.tasks.states import Status
from core.tasks.task import Task

FOLDER = "reports"
LOG_RECORDS = 2000
LAST_RECORDS_SECONDS = 0.5
"""A worker's records come through another pipe than its outcome, and may arrive after it."""
log = logging.getLogger(__name__)


class Reports:
    """Writes `reports/<task>-<attempt>.json`: the task, its error, snapshot and log."""

    def __init__(self, settings: Settings, records: LogService) -> None:
        self._settings = settings
        self._records = records
        self._writing: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    def task_changed(self, task: Task) -> None:
        """Keep a report of a task that failed."""
        if task.status is Status.FAILED and self._settings.keep_reports:
            work = asyncio.ensure_future(self._write(task))
            self._writing.add(work)
            work.add_done_callback(self._writing.discard)

    async def stop(self) -> None:
        """Write the reports of the tasks that failed, without further records of their workers."""
        self._stopping.set()
        await asyncio.gather(*self._writing)

    async def _write(self, task: Task) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), LAST_RECORDS_SECONDS)
        wanted = LogFilter(task=task.id)
        page = await self._records.read(wanted, LOG_RECORDS, None, None)
        report: dict[str, Any] = {"task": asdict(task), "log": page["items"]}
        text = self._records.redact(json.dumps(report, indent=1, default=str, ensure_ascii=False))
        path = self._settings.data_dir / FOLDER / f"{task.id}-{task.attempt}.json"
        try:
            await asyncio.to_thread(atomic.write_text, path, text, durable=False)
        except OSError as error:
            log.warning("the report of task %s is not written: %s", task.id, error)
