"""The session log of a day, as HTML or JSON, in parts: memory holds one page of tasks at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from core.errors import StudioError
from core.history import html_log
from core.history.days import Day, days
from core.history.log_entry import is_logged, log_entry
from core.history.zones import Zone
from core.operations.declaration.registry import Registry
from core.store.assets import Assets
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.task import Task

PAGE = 100  # tasks in memory
DAYS_MAX = 366


class SessionLog:
    """The tasks of a day with all that a person wants to read of them, newest first."""

    def __init__(self, registry: Registry, queue: Queue, assets: Assets) -> None:
        self._registry = registry
        self._queue = queue
        self._assets = assets

    async def days(
        self, zone: Zone, limit: int = DAYS_MAX, before: date | None = None
    ) -> list[Day]:
        """The days with tasks: see `core.history.days`."""
        return await self._queue.read(partial(days, zone=zone, limit=limit, before=before))

    async def index(self, zone: Zone, name: str | None) -> str:
        """A page with a link to every day; `name` is the zone in their addresses."""
        known = [day.public() for day in await self.days(zone)]
        query = f"?{urlencode({'tz': name})}" if name else ""
        return html_log.page_start("Session log") + html_log.index(known, query) + html_log.PAGE_END

    async def html(self, day: date, zone: Zone) -> AsyncIterator[str]:
        """The page of a day. Thumbnails are part of it; nothing else is loaded."""
        yield html_log.page_start(f"Session log of {day.isoformat()}")
        yield html_log.summary(await self._counts(day, zone), zone.name)
        async for task in self._tasks(day, zone):
            entry = log_entry(task, self._registry, zone)
            thumbnails = [await self._thumbnail(image["asset_id"]) for image in entry["images"]]
            yield html_log.article(entry, thumbnails)
        yield html_log.PAGE_END

    async def json(self, day: date, zone: Zone) -> AsyncIterator[str]:
        """The day as one JSON object: `date`, `time_zone`, `items`."""
        head = {"date": day.isoformat(), "time_zone": zone.name}
        yield json.dumps(head)[:-1] + ', "items": ['
        separator = "\n"
        async for task in self._tasks(day, zone):
            yield separator + json.dumps(log_entry(task, self._registry, zone))
            separator = ",\n"
        yield "]}\n"

    async def _tasks(self, day: date, zone: Zone) -> AsyncIterator[Task]:
        since, until = zone.span(day)
        cursor: str | None = None
        while True:
            wanted = TaskFilter(since=since, until=until)
            page = await self._queue.page(wanted, PAGE, cursor)
            for task in page.items:
                if is_logged(task, self._registry):
                    yield task
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _counts(self, day: date, zone: Zone) -> dict[str, int]:
        following = date.fromordinal(day.toordinal() + 1)
        newest = await self.days(zone, 1, following)
        return newest[0].counts if newest and newest[0].date == day.isoformat() else {}

    async def _thumbnail(self, asset_id: Any) -> bytes | None:
        with suppress(StudioError, OSError):  # deleted, damaged
            path = await self._assets.thumbnail(str(asset_id))
            return await asyncio.to_thread(path.read_bytes)
        return None
