"""A client of the event stream that keeps every event."""

import json
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.integration.process import Server, until

Event = dict[str, Any]


class Listener:
    """Collects events in a thread of its own."""

    def __init__(self, socket: ClientConnection) -> None:
        self.events: list[Event] = []
        self._socket = socket
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def of(self, kind: str) -> list[Event]:
        """The received events of one type."""
        return [event for event in list(self.events) if event["type"] == kind]

    def task_states(self, task_id: str) -> list[str]:
        """The states of a task, in the order of their events."""
        return [e["data"]["status"] for e in self.of("task") if e["data"]["id"] == task_id]

    def hears(self, what: str, condition: Any) -> Event:
        """The first event that fits."""
        return until(what, lambda: next(filter(condition, list(self.events)), None))

    def hears_end_of(self, task_id: str) -> Event:
        """The event that ends a task."""
        return self.hears(
            f"the end of {task_id}",
            lambda event: (
                event["type"] == "task"
                and event["data"]["id"] == task_id
                and event["data"]["finished_at"]
            ),
        )

    def join(self) -> None:
        """Wait for the reading thread, once the connection is closed."""
        self._thread.join(10)

    def _read(self) -> None:
        with suppress(ConnectionClosed, OSError):
            for text in self._socket:
                self.events.append(json.loads(text))


def websocket(
    server: Server, after: str | None = None, **options: Any
) -> AbstractContextManager[ClientConnection]:
    """A WebSocket as the server's own page would open it."""
    address = server.url.replace("http", "ws") + "/api/ws" + (f"?after={after}" if after else "")
    return connect(address, origin=server.url, proxy=None, **options)


@contextmanager
def listening(server: Server, after: str | None = None) -> Iterator[Listener]:
    """Listen while the block runs; the first event has come before it begins."""
    with websocket(server, after) as socket:
        listener = Listener(socket)
        listener.hears("hello", lambda event: event["type"] == "hello")
        yield listener
    listener.join()
