"""The machine over time while the studio runs: sampled, and listed with the tasks that ran."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from core.machine.history import History, downsample
from core.machine.sampler import Sampler, Series
from core.settings import Settings
from core.store.clock import timestamp
from core.store.faults import existing_folder
from core.tasks import listing
from core.tasks.queue import Queue

TASKS_MAX = 200
log = logging.getLogger(__name__)


class MachineService:
    """Measures the machine every few seconds in a thread, and answers with a history."""

    def __init__(self, settings: Settings, queue: Queue) -> None:
        self._settings = settings
        self._queue = queue
        self._sampler = Sampler(existing_folder(settings.data_dir))
        file = settings.data_dir / "machine.jsonl" if settings.embedded else None
        capacity = int(settings.history_hours * 3600 / settings.sample_seconds)
        self._history = History(file, min(capacity, 20_000))
        self._sampling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to measure."""
        self._sampling = asyncio.create_task(self._sample(), name="machine")

    async def stop(self) -> None:
        """End measuring."""
        if self._sampling is not None:
            self._sampling.cancel()
            await asyncio.gather(self._sampling, return_exceptions=True)

    async def history(self, hours: float, points: int) -> dict[str, Any]:
        """The last hours in `points` intervals, and the tasks that ended in them."""
        end = time.time()
        start = end - hours * 3600
        measured = await asyncio.to_thread(self._history.read, start, end)
        rows = downsample(measured, start, end, points)
        since = timestamp(datetime.fromtimestamp(start, UTC))
        ended = await self._queue.read(lambda c: listing.ended_since(c, since, TASKS_MAX))
        width = (end - start) / points
        return {
            "interval_seconds": round(width, 3),
            "times": [_iso(start + (index + 0.5) * width) for index in range(points)],
            "series": [
                {**asdict(self._sampler.series.get(name) or Series(name, name, "")), **row}
                for name, row in rows.items()
            ],
            "tasks": ended,
        }

    async def _sample(self) -> None:
        while True:
            try:
                values = await asyncio.to_thread(self._sampler.read)
                self._history.add(time.time(), values)
            except Exception:
                # Protects the history: a driver that fails once must not end the measuring.
                log.exception("the machine could not be measured")
            await asyncio.sleep(self._settings.sample_seconds)


def _iso(seconds: float) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))
