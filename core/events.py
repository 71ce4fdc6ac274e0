"""The event stream: numbered changes, with replay for clients that reconnect.

An event's ID is `{epoch}-{n}`: the epoch names this run of the server, n counts. A subscriber
sends the last ID that it received and gets the later events; where they are gone (another epoch,
or too long ago) it gets `reset` and reloads. Progress is not numbered and never replayed: a slow
client receives only the newest of each key. Independent of tasks. Used from one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.identifiers import new_id

KEPT = 1024
BUFFER = 1024


@dataclass(frozen=True, eq=False)
class Event:
    """A change, as JSON data. Compared by identity, so that an API can cache its text."""

    id: str
    type: str
    data: dict[str, Any]


class Subscription:
    """The events of one client. Bounded: on overflow, `reset` replaces what waits."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._latest: dict[str, Event] = {}
        self._wake = asyncio.Event()

    def offer(self, event: Event, key: str | None = None) -> None:
        """Add an event, without waiting for the client."""
        if key is not None:
            self._latest[key] = event
        elif len(self._waiting) < BUFFER:
            self._waiting.append(event)
        else:
            self._waiting.clear()
            self._waiting.append(Event(event.id, "reset", {}))
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting or self._latest:
                yield self._next()

    def _next(self) -> Event:
        if self._waiting:
            return self._waiting.popleft()
        return self._latest.pop(next(iter(self._latest)))


class EventBus:
    """Publish to all subscribers, and keep the last `KEPT` events for replay."""

    def __init__(self) -> None:
        self.epoch = new_id()
        self._count = 0
        self._kept: deque[tuple[int, Event]] = deque(maxlen=KEPT)
        self._subscribers: set[Subscription] = set()

    @property
    def last_id(self) -> str:
        """The ID of the newest event."""
        return f"{self.epoch}-{self._count}"

    def publish(self, type: str, data: dict[str, Any]) -> None:
        """Publish a numbered event, kept for replay."""
        self._count += 1
        event = Event(self.last_id, type, data)
        self._kept.append((self._count, event))
        for subscriber in self._subscribers:
            subscriber.offer(event)

    def publish_latest(self, type: str, data: dict[str, Any], key: str) -> None:
        """Publish a state of which only the newest per key matters, without a number."""
        event = Event(self.last_id, type, data)
        for subscriber in self._subscribers:
            subscriber.offer(event, key)

    @contextmanager
    def subscribe(self, after: str | None = None) -> Iterator[Subscription]:
        """Subscribe, first to the events since the ID `after`."""
        subscriber = Subscription()
        for event in self._missed(after):
            subscriber.offer(event)
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)

    @property
    def subscribers(self) -> int:
        """The number of connected clients."""
        return len(self._subscribers)

    def _missed(self, after: str | None) -> list[Event]:
        if not after:
            return []
        epoch, _, number = after.rpartition("-")
        valid = number.isascii() and number.isdigit() and len(number) < 16
        seen = int(number) if valid else -1
        first = self._kept[0][0] if self._kept else self._count + 1
        if epoch != self.epoch or not first - 1 <= seen <= self._count:
            return [Event(self.last_id, "reset", {})]
        return [event for count, event in self._kept if count > seen]
