"""Connections: time limits on heads and bodies of requests, and a cap per address.

uvicorn limits neither: a client that sends half a request, or nothing, holds a connection for ever,
and a thousand of them shut all others out.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api.headers import HEADERS

HEAD_SECONDS = 10.0
HEAD_MAX = 1 << 16  # bytes
UPGRADE_LINE_MAX = 8_000
UPGRADE_LINES_MAX = 100
BODY_SECONDS = 20.0
UNREAD_MAX = 1 << 14  # bytes buffered for a client, here and by the system, beyond what is sent
WRITE_SECONDS = 60.0  # in which a client reads 64 KB of an answer
BODY_MIN = 1 << 16  # bytes in each `BODY_SECONDS`
PER_ADDRESS = 256
LOG_SECONDS = 10.0
log = logging.getLogger(__name__)


class Phase(Enum):
    """The part of a request that is expected."""

    NONE = 0
    HEAD = 1
    BODY = 2


class Connection(HttpToolsProtocol):
    """A connection that ends when its client is too slow, or has too many."""

    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _phase = Phase.NONE
    _received = 0
    _logged = float("-inf")
    """Time of the last log line about a closed connection, of any connection of the process."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse the connection where its address has too many."""
        super().connection_made(transport)
        # An event stream that nobody reads costs time until its buffers are full.
        transport.set_write_buffer_limits(UNREAD_MAX)
        address = network(self.client)
        clients = (getattr(other, "client", None) for other in self.connections)
        if sum(network(client) == address for client in clients) > PER_ADDRESS:
            self._end(HTTPStatus.SERVICE_UNAVAILABLE, f"has more than {PER_ADDRESS} connections")
            return
        self._expect(Phase.HEAD, HEAD_SECONDS, self._head_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers."""
        self._stop_timer()
        self._stop_unread()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what arrives: a head may be only so large."""
        if self.transport.is_closing():
            return
        if self._phase is Phase.NONE:
            self._expect(Phase.HEAD, HEAD_SECONDS, self._head_late)
        self._received += len(data)
        super().data_received(data)
        if self._phase is Phase.HEAD and self._received > HEAD_MAX:
            self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "sent too large a head")

    def on_headers_complete(self) -> None:
        """Expect the body."""
        self._expect(Phase.BODY, BODY_SECONDS, self._body_late)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect nothing: between two requests uvicorn's own limit holds."""
        self._stop_timer()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the WebSocket, whose parser fails on more than it takes."""
        self._stop_timer()
        longest = max(len(self.url), *(len(name) + len(value) for name, value in self.headers))
        if longest > UPGRADE_LINE_MAX or len(self.headers) > UPGRADE_LINES_MAX:
            self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "sent too large a head")
        else:
            super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """Expect the client to read what was sent."""
        super().pause_writing()
        self._unread = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop expecting it."""
        super().resume_writing()
        self._stop_unread()

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no HTTP."""
        self._end(HTTPStatus.BAD_REQUEST, "sent bytes that are no HTTP request")

    def _expect(self, phase: Phase, seconds: float, late: Callable[[], None]) -> None:
        self._stop_timer()
        self._phase, self._received = phase, 0
        self._timer = self.loop.call_later(seconds, late)

    def _answered(self) -> bool:
        """True where no request waits for its answer."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        return cycle is None or cycle.response_complete

    def _stop_timer(self) -> None:
        self._phase = Phase.NONE
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _head_late(self) -> None:
        if self._answered():
            self._end(HTTPStatus.REQUEST_TIMEOUT, "sent no whole request in time")
        else:  # the answer to the request before is still on its way
            self._expect(Phase.HEAD, HEAD_SECONDS, self._head_late)

    def _body_late(self) -> None:
        if self.flow.read_paused or self._received >= BODY_MIN:
            self._expect(Phase.BODY, BODY_SECONDS, self._body_late)
        else:
            self._end(HTTPStatus.REQUEST_TIMEOUT, "sent the body of a request too slowly")

    def _end(self, status: HTTPStatus, reason: str) -> None:
        """Close the connection, with an answer unless one has begun."""
        self._stop_timer()
        now = self.loop.time()
        if now - Connection._logged > LOG_SECONDS:
            Connection._logged = now
            client = self.client[0] if self.client else "a client"
            log.warning("connection closed: %s %s", client, reason)
        if self._answered() or not self.cycle.response_started:
            fields = HEADERS | {"Content-Length": "0", "Connection": "close"}
            head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            self.transport.write(f"HTTP/1.1 {status} {status.phrase}\r\n{head}\r\n".encode())
        self.transport.close()


def network(client: Any) -> str:
    """The address of a client; of IPv6 the /64, which one machine may have whole."""
    host = str(client[0]) if client else ""
    if ":" not in host:
        return host
    address = ipaddress.IPv6Address(host.partition("%")[0])
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.IPv6Network((address, 64), strict=False))
