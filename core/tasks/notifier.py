"""Messages between the servers of one queue: a change at one takes effect at all of them.

A message is a hint about a change that is already committed. Where messages do not reach every
server, the dispatcher polls the database for the same changes (core/tasks/polling.py).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from core.settings import Settings


class Topic(StrEnum):
    """The kind of a message, and the meaning of its payload."""

    PENDING = "pending"  # a task may start; the payload is its lane
    CANCEL = "cancel"  # a running task shall stop; the payload is its id
    HOLD = "hold"  # a running task shall yield; the payload is its id
    PAUSE = "pause"  # no payload
    RESUME = "resume"  # no payload
    SETTINGS = "settings"  # a setting of the queue changed; no payload


Listener = Callable[[Topic, str], None]


class Notifier(Protocol):
    """Sends messages to the dispatchers of all servers, the sender's own included.

    `reaches_all_servers` is false where a message may not arrive: then dispatchers also poll.
    """

    @property
    def reaches_all_servers(self) -> bool:
        """True if every server of the database receives every message."""

    def publish(self, topic: Topic, payload: str = "") -> None:
        """Send a message. Must not block."""

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every later message, on the event loop of the studio."""


class LocalNotifier:
    """A notifier within one process: listeners are called before `publish` returns."""

    def __init__(self, *, reaches_all_servers: bool = True) -> None:
        self.reaches_all_servers = reaches_all_servers
        self._listeners: list[Listener] = []

    def publish(self, topic: Topic, payload: str = "") -> None:
        """See `Notifier`."""
        for listener in self._listeners:
            listener(topic, payload)

    def subscribe(self, listener: Listener) -> None:
        """See `Notifier`."""
        self._listeners.append(listener)


def make_notifier(settings: Settings) -> Notifier:
    """The notifier for these settings. In process: servers that share a database poll."""
    return LocalNotifier(reaches_all_servers=settings.embedded)
