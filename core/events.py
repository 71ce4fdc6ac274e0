"""The event stream: what happened, numbered, with replay for clients that were away.

An event's id is `{epoch}-{n}`: the epoch names this run of the server, n counts. A subscriber
says the last id it saw and gets what it missed; where that cannot be (another epoch, or too long
ago) it gets `reset` and reloads. Progress is not numbered and never replayed: a slow client gets
the newest of each key and holds nobody up. Knows nothing of tasks. Used from one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic_core import to_json

from core.identifiers import new_id

KEPT = 1024
BUFFER = 1024


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    id: str
    type: str
    data: dict[str, Any]

    @cached_property
    def json(self) -> str:
        """The event as clients read it; made once for all of them."""
        return to_json({"id": self.id, "type": self.type, "data": self.data}).decode()


class Subscription:
    """One client's share of the stream. Bounded: on overflow it starts over with `reset`."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._latest: dict[str, Event] = {}
        self._wake = asyncio.Event()

    def offer(self, event: Event, key: str | None = None) -> None:
        """Take an event without ever waiting."""
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
    """Publishes to all subscribers and keeps the last `KEPT` events for replay."""

    def __init__(self) -> None:
        self.epoch = new_id()
        self._count = 0
        self._kept: deque[tuple[int, Event]] = deque(maxlen=KEPT)
        self._subscribers: set[Subscription] = set()

    @property
    def last_id(self) -> str:
        """The id of the newest event."""
        return f"{self.epoch}-{self._count}"

    def publish(self, type: str, data: dict[str, Any]) -> None:
        """A numbered event, kept for replay."""
        self._count += 1
        event = Event(self.last_id, type, data)
        self._kept.append((self._count, event))
        for subscriber in self._subscribers:
            subscriber.offer(event)

    def publish_latest(self, type: str, data: dict[str, Any], key: str) -> None:
        """A passing state: only the newest per key matters, so it has no number of its own."""
        event = Event(self.last_id, type, data)
        for subscriber in self._subscribers:
            subscriber.offer(event, key)

    @contextmanager
    def subscribe(self, after: str | None = None) -> Iterator[Subscription]:
        """A subscription, first fed with what was missed since the id `after`."""
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
        """How many clients listen now."""
        return len(self._subscribers)

    def _missed(self, after: str | None) -> list[Event]:
        if not after:
            return []
        epoch, _, number = after.rpartition("-")
        sound = number.isascii() and number.isdigit() and len(number) < 16
        seen = int(number) if sound else -1
        first = self._kept[0][0] if self._kept else self._count + 1
        if epoch != self.epoch or not first - 1 <= seen <= self._count:
            return [Event(self.last_id, "reset", {})]
        return [event for count, event in self._kept if count > seen]
