"""The log of a long run: values by step and files, stored by the server while the task runs.

Values are sent in groups. A run that resumes from an older state sends some of them once more; the
server keeps one of each name and step.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from core.store.blobs import BlobStore
from core.worker.channel import Channel
from core.worker.protocol import JobKey, Logged, LoggedFile, LoggedValue

FLUSH_SECONDS = 0.5
GROUP = 200


class RunLog:
    """The log of one attempt. Implements `core.training.context.RunLog`."""

    def __init__(self, channel: Channel, store: BlobStore, job: JobKey) -> None:
        self._channel = channel
        self._store = store
        self._job = job
        self._values: list[LoggedValue] = []
        self._sent = time.monotonic()

    def values(self, step: int, values: Mapping[str, float]) -> None:
        """See `RunLog`."""
        for name, value in values.items():
            finite = float(value) if math.isfinite(value) else None
            self._values.append(LoggedValue(name=name, step=step, value=finite))
        late = time.monotonic() - self._sent >= FLUSH_SECONDS
        if late or len(self._values) >= GROUP:
            self.flush()

    def file(
        self,
        kind: str,
        step: int,
        data: bytes,
        *,
        media_type: str,
        index: int = 0,
        facts: Mapping[str, Any] = {},
    ) -> None:
        """See `RunLog`."""
        blob = self._store.put(data)
        file = LoggedFile(
            kind=kind,
            step=step,
            index=index,
            key=blob.key,
            size=blob.size,
            type=media_type,
            facts=dict(facts),
        )
        self._send(files=(file,))

    def drop(self, kind: str, step: int) -> None:
        """See `RunLog`."""
        self._send(dropped=((kind, step),))

    def flush(self) -> None:
        """See `RunLog`."""
        if self._values:
            self._send()

    def _send(
        self,
        *,
        files: tuple[LoggedFile, ...] = (),
        dropped: tuple[tuple[str, int], ...] = (),
    ) -> None:
        task_id, attempt = self._job
        values, self._values = tuple(self._values), []
        self._sent = time.monotonic()
        self._channel.send(
            Logged(task_id=task_id, attempt=attempt, values=values, files=files, dropped=dropped)
        )
