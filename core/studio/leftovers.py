"""Files whose tasks ended or were removed: unfinished saves, states of trainings."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, select

from core.errors import StudioError
from core.operations.train_lora import TrainLora
from core.settings import Settings
from core.store.outputs import OutputFolder, saved_folder
from core.store.schema import tasks
from core.tasks import listing
from core.tasks.queue import Queue
from core.tasks.states import Status
from core.training.datasets.versions import DatasetStore
from core.training.kept_files import FOLDER, RunState, run_folders, sweep


async def sweep_saved(queue: Queue, settings: Settings, grace_seconds: float) -> None:
    """Remove what dead workers left in the user's folder, which may be large, slow or away."""
    unfinished = await queue.read(listing.unfinished)
    outputs, records = OutputFolder(settings.outputs), saved_folder(settings.data_dir)
    with suppress(OSError):
        await asyncio.to_thread(outputs.sweep, records, unfinished, grace_seconds)


async def sweep_training_files(queue: Queue, settings: Settings) -> int:
    """Remove states and encodings that nothing needs any more; the number of files."""
    root = settings.data_dir / FOLDER
    folders = await asyncio.to_thread(run_folders, root)
    states = await queue.read(_states)
    return await asyncio.to_thread(
        sweep, root, folders, states, settings.training_days, time.time()
    )


async def sweep_dataset_trash(store: DatasetStore) -> None:
    """Remove datasets that were deleted long ago; a damaged one stays where it is."""
    with suppress(StudioError):
        await asyncio.to_thread(store.sweep_trash)


def _states(connection: Connection) -> dict[str, RunState]:
    columns = (tasks.c.id, tasks.c.status, tasks.c.finished_at)
    rows = connection.execute(select(*columns).where(tasks.c.operation == TrainLora.name))
    return {
        row.id: RunState(
            row.status == Status.COMPLETED.value,
            datetime.fromisoformat(row.finished_at).timestamp() if row.finished_at else None,
        )
        for row in rows
    }
