"""The worker's end of the pipes, protected from other writers.

The protocol moves to descriptors of its own; standard output then points at standard error and
standard input at nothing, so that no library's print or prompt can break it.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from typing import BinaryIO

from core.children import EXIT_ORPHANED
from core.worker.protocol import LINE_LIMIT, Message, encode

log = logging.getLogger(__name__)


class Channel:
    """Sends whole messages from any thread; one thread reads."""

    def __init__(self, source: BinaryIO, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._lock = threading.Lock()

    @classmethod
    def take_standard_streams(cls) -> Channel:
        """Claim the pipes the process was started with."""
        source = os.fdopen(os.dup(0), "rb")
        sink = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        return cls(source, sink)

    def send(self, message: Message) -> None:
        """Write a message. Ends the process when nobody listens any more."""
        rest = memoryview(encode(message))
        with self._lock:
            try:
                while rest:
                    rest = rest[os.write(self._sink, rest) :]
            except OSError:
                os._exit(EXIT_ORPHANED)

    def lines(self, limit: int = LINE_LIMIT) -> Iterator[bytes]:
        """Lines as they come, until the other end closes. Lines over `limit` bytes are dropped."""
        while line := self._source.readline(limit):
            if line.endswith(b"\n"):
                yield line
            elif len(line) == limit:
                log.warning("dropped a line of more than %d bytes", limit)
                while (more := self._source.readline(limit)) and not more.endswith(b"\n"):
                    pass
