"""A thread that reads the server's messages: jobs to run, and requests about them.

It also ends the process when the server is gone, even in the middle of a job.
"""

from __future__ import annotations

import logging
import os
import queue
import threading

from core.children import EXIT_ORPHANED
from core.worker.channel import Channel
from core.worker.protocol import (
    Cancel,
    JobKey,
    MalformedMessage,
    Ping,
    Pong,
    Request,
    Start,
    StartBatch,
    Stop,
    Yield,
    decode_request,
)

log = logging.getLogger(__name__)


class Inbox:
    """Jobs in order of arrival, and the jobs that should stop or yield."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._jobs: queue.SimpleQueue[tuple[Start, ...]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._known: set[JobKey] = set()
        self._cancelled: set[JobKey] = set()
        self._yielding: set[JobKey] = set()
        self.stopping = False

    def open(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def next(self, timeout: float) -> tuple[Start, ...]:
        """The next job, or the jobs of the next batch.

        Empty after `timeout` seconds or when there will be none.
        """
        try:
            return self._jobs.get(timeout=timeout)
        except queue.Empty:
            return ()

    def cancelled(self, job: JobKey) -> bool:
        """True when the job should stop."""
        return job in self._cancelled

    def yield_requested(self, job: JobKey) -> bool:
        """True when the job should end with a checkpoint."""
        return job in self._yielding

    def close(self, job: JobKey) -> None:
        """Forget a job that has ended, with the requests about it."""
        with self._lock:
            for jobs in (self._known, self._cancelled, self._yielding):
                jobs.discard(job)

    def _read(self) -> None:
        for line in self._channel.lines():
            try:
                self._sort(decode_request(line))
            except MalformedMessage as error:
                log.warning("not a message: %r (%s)", error.line, error)
        os._exit(EXIT_ORPHANED)

    def _sort(self, message: Request) -> None:
        if isinstance(message, Start | StartBatch):
            starts = message.starts if isinstance(message, StartBatch) else (message,)
            with self._lock:
                self._known.update(start.about for start in starts)
            self._jobs.put(starts)
        elif isinstance(message, Cancel | Yield):
            requests = self._cancelled if isinstance(message, Cancel) else self._yielding
            with self._lock:
                if message.about in self._known:
                    requests.add(message.about)
        elif isinstance(message, Stop):
            self.stopping = True
            self._jobs.put(())
        elif isinstance(message, Ping):
            self._channel.send(Pong(n=message.n))
