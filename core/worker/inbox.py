"""What the server asked for, sorted by a thread of its own: jobs to run, and wishes about them.

The thread also ends the process when the server is gone: no worker outlives its server, not even in
the middle of a job.
"""

from __future__ import annotations

import logging
import os
import queue
import threading

from core.worker.channel import EXIT_ORPHANED, Channel
from core.worker.protocol import (
    Cancel,
    JobKey,
    MalformedMessage,
    Ping,
    Pong,
    Request,
    Start,
    Stop,
    Yield,
    decode_request,
)

log = logging.getLogger(__name__)


class Inbox:
    """Jobs in order, and which of them should stop or yield."""

    def __init__(self, wire: Channel) -> None:
        self._wire = wire
        self._jobs: queue.SimpleQueue[Start | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._known: set[JobKey] = set()
        self._cancelled: set[JobKey] = set()
        self._yielding: set[JobKey] = set()
        self.stopping = False

    def open(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def next(self, timeout: float) -> Start | None:
        """The next job, or None after `timeout` seconds or when there will be none."""
        try:
            return self._jobs.get(timeout=timeout)
        except queue.Empty:
            return None

    def cancelled(self, job: JobKey) -> bool:
        """Whether the job should stop."""
        return job in self._cancelled

    def yield_asked(self, job: JobKey) -> bool:
        """Whether the job should hand back a checkpoint."""
        return job in self._yielding

    def close(self, job: JobKey) -> None:
        """The job has ended: wishes about it no longer matter."""
        with self._lock:
            for kept in (self._known, self._cancelled, self._yielding):
                kept.discard(job)

    def _read(self) -> None:
        for line in self._wire.lines():
            try:
                self._sort(decode_request(line))
            except MalformedMessage as error:
                log.warning("not a message: %r (%s)", error.line, error)
        os._exit(EXIT_ORPHANED)

    def _sort(self, message: Request) -> None:
        if isinstance(message, Start):
            with self._lock:
                self._known.add(message.about)
            self._jobs.put(message)
        elif isinstance(message, Cancel | Yield):
            wishes = self._cancelled if isinstance(message, Cancel) else self._yielding
            with self._lock:
                if message.about in self._known:
                    wishes.add(message.about)
        elif isinstance(message, Stop):
            self.stopping = True
            self._jobs.put(None)
        elif isinstance(message, Ping):
            self._wire.send(Pong(n=message.n))
