"""The event stream: numbered changes, with replay for clients that reconnect.

An event's ID is `{epoch}-{n}`: the epoch names this run of the server, n counts. A subscriber
sends the last ID that it received and gets the later events; where they are gone (another epoch,
or too long ago) it gets `reset` and reloads. Progress is not numbered and never replayed: a slow
client receives only the newest of each key. All subscribers read the same kept events, so one that
does not read costs neither time nor memory. Independent of tasks. Used from one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from core.identifiers import new_id

KEPT = 1024
PROGRESS_KEPT = 256  # keys
BATCH = 16
RESET = "reset"


@dataclass(frozen=True, eq=False)
class Event:
    """A change, as JSON data. Compared by identity, so that an API can cache its text."""

    id: str
    type: str
    data: dict[str, Any]


class Subscription:
    """The events of one client: a position among those that the bus keeps."""

    def __init__(self, bus: EventBus, seen: int) -> None:
        self._bus = bus
        self._seen = seen
        self._progress_seen = bus.progress_count

    def take(self, limit: int = BATCH) -> list[Event]:
        """The next events, at most `limit`; empty if the client has them all."""
        events: list[Event] = []
        while len(events) < limit and (event := self._next()) is not None:
            events.append(event)
        return events

    async def wait(self) -> None:
        """Wait for an event that is published from now on."""
        await self._bus.published.wait()

    def _next(self) -> Event | None:
        event = self._bus.event_after(self._seen)
        if event is not None:
            self._seen = self._bus.count if event.type == RESET else self._seen + 1
            return event
        progress = self._bus.progress_after(self._progress_seen)
        if progress is None:
            return None
        self._progress_seen, event = progress
        return event


class EventBus:
    """Publish to all subscribers, and keep the last `KEPT` events for replay."""

    def __init__(self) -> None:
        self.epoch = new_id()
        self.count = 0
        self.progress_count = 0
        self.published = asyncio.Event()
        """Set by the next event, and then replaced."""
        self.subscribers = 0
        """The number of connected clients."""
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._progress: dict[str, tuple[int, Event]] = {}

    @property
    def last_id(self) -> str:
        """The ID of the newest event."""
        return f"{self.epoch}-{self.count}"

    def publish(self, type: str, data: dict[str, Any]) -> None:
        """Publish a numbered event, kept for replay."""
        self.count += 1
        self._kept.append(Event(self.last_id, type, data))
        self._wake()

    def publish_latest(self, type: str, data: dict[str, Any], key: str) -> None:
        """Publish a state of which only the newest per key matters, without a number."""
        self.progress_count += 1
        self._progress.pop(key, None)  # so that the newest is the last
        self._progress[key] = (self.progress_count, Event(self.last_id, type, data))
        if len(self._progress) > PROGRESS_KEPT:
            del self._progress[next(iter(self._progress))]
        self._wake()

    @contextmanager
    def subscribe(self, after: str | None = None) -> Iterator[Subscription]:
        """Subscribe, first to the events since the ID `after`."""
        self.subscribers += 1
        try:
            yield Subscription(self, self._number(after) if after else self.count)
        finally:
            self.subscribers -= 1

    def event_after(self, seen: int) -> Event | None:
        """The event after a number; `reset` where it is gone, `None` where there is none yet."""
        if seen == self.count:
            return None
        index = seen - self.count + len(self._kept)
        if not 0 <= index < len(self._kept):
            return Event(self.last_id, RESET, {})
        return self._kept[index]

    def progress_after(self, seen: int) -> tuple[int, Event] | None:
        """The oldest state after a count of them, with its own; `None` where there is none."""
        newer = takewhile(lambda item: item[0] > seen, reversed(self._progress.values()))
        return min(newer, key=lambda item: item[0], default=None)

    def _wake(self) -> None:
        self.published.set()
        self.published = asyncio.Event()

    def _number(self, after: str) -> int:
        """The number in an ID of this epoch; -1 in any other text."""
        epoch, _, number = after.rpartition("-")
        valid = number.isascii() and number.isdigit() and len(number) < 16
        return int(number) if valid and epoch == self.epoch else -1
