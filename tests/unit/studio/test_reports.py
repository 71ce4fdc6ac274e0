"""Reports of failed tasks: they hold the records that come late, and survive a stop."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.events import EventBus
from core.settings import Settings
from core.studio.log_service import LogService
from core.studio.reports import FOLDER, Reports
from core.tasks.states import Status
from core.tasks.task import Task

FAILED = Task(
    id="01T", operation="crash", lane="cpu", status=Status.FAILED, attempt=1, error={"detail": "no"}
)
records = logging.getLogger("worker")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[LogService]:
    """A log that is written."""
    service = LogService(Settings(data_dir=tmp_path), EventBus())
    service.start()
    yield service
    service.stop()


def kept(folder: Path, log: LogService, *, keep: bool = True) -> Reports:
    """Reports of a data folder."""
    return Reports(Settings(data_dir=folder, keep_reports=keep), log)


async def test_a_report_has_the_records_that_come_after_the_outcome(
    tmp_path: Path, log: LogService
) -> None:
    reports = kept(tmp_path, log)
    reports.task_changed(FAILED)
    await asyncio.sleep(0.02)
    records.warning("task 01T failed", extra={"task_id": "01T", "worker": "cpu"})
    await reports.stop()
    report = json.loads((tmp_path / FOLDER / "01T-1.json").read_text(encoding="utf-8"))
    assert report["task"]["error"] == {"detail": "no"}
    assert [record["message"] for record in report["log"]] == ["task 01T failed"]


async def test_no_report_is_kept_of_other_tasks_nor_where_none_are_wanted(
    tmp_path: Path, log: LogService
) -> None:
    for reports, task in (
        (kept(tmp_path, log, keep=False), FAILED),
        (kept(tmp_path, log), Task(operation="empty", lane="cpu", status=Status.COMPLETED)),
    ):
        reports.task_changed(task)
        await reports.stop()
    assert not (tmp_path / FOLDER).exists()
