"""Limits per client: event streams, and wrong tokens. A client is an address, of IPv6 a /64."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.requests import HTTPConnection

from api.connections import network
from core.errors import Refused, StudioError

STREAMS_MAX = 100
STREAMS_PER_CLIENT = 20
WRONG_TOKENS_MAX = 20
WRONG_TOKENS_SECONDS = 60.0
CLIENTS_REMEMBERED = 10_000


class TooManyStreams(StudioError):
    """The server, or this client, has as many event streams of this kind as it may have."""

    code = "too_many_streams"
    status = 503
    title = "Too many event streams"
    fix = "Close other tabs or scripts that listen to the events."


class TooManyTokens(Refused):
    """This client sent too many wrong tokens."""

    code = "too_many_tokens"
    status = 429
    title = "Too many wrong tokens"
    fix = f"Wait {WRONG_TOKENS_SECONDS:.0f} seconds, then send the right token."


class StreamCounter:
    """The open event streams of one kind, by client."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def check(self, connection: HTTPConnection) -> None:
        """Raise `TooManyStreams` where one more is too many."""
        own = self._open[network(connection.client)]
        if own >= STREAMS_PER_CLIENT or self._open.total() >= STREAMS_MAX:
            raise TooManyStreams(f"{own} event streams of this client are open.")

    @contextmanager
    def open(self, connection: HTTPConnection) -> Iterator[None]:
        """Count a stream while the block runs."""
        client = network(connection.client)
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            self._open += Counter()  # drops those at zero


class WrongTokens:
    """The wrong tokens of each client in the last minute; a repeated one counts once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: dict[str, tuple[float, set[bytes]]] = {}

    def check(self, client: str) -> None:
        """Raise `TooManyTokens` for a client that sent too many."""
        since, values = self._sent.get(client, (0.0, set()))
        if self._clock() - since > WRONG_TOKENS_SECONDS:
            self._sent.pop(client, None)
        elif len(values) >= WRONG_TOKENS_MAX:
            raise TooManyTokens("This client sent too many wrong tokens.")

    def add(self, client: str, token: str) -> None:
        """Remember a wrong token."""
        if client not in self._sent and len(self._sent) >= CLIENTS_REMEMBERED:
            del self._sent[next(iter(self._sent))]
        _, values = self._sent.setdefault(client, (self._clock(), set()))
        values.add(hashlib.sha256(token.encode()).digest())
