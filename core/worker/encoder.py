"""Storing results while the next job already runs: one thread, first come first served.

A job's results become one `Delivery`. Its pictures are encoded as they arrive; when it is closed
and all of them are safely stored, the server is told. At most two closed deliveries wait, so
memory stays bounded when the disk is slower than the device.
"""

from __future__ import annotations

import base64
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from PIL.Image import Image

from core.errors import StudioError, TaskFailure
from core.kinds import Kind, kind_of
from core.store.blobs import BlobStore
from core.store.png import encode_png, image_metadata
from core.worker.channel import Channel
from core.worker.failures import as_studio_error
from core.worker.inbox import Inbox
from core.worker.protocol import Cancelled, Failed, Finished, JobKey, Notice, Output

log = logging.getLogger(__name__)

PENDING_DELIVERIES = 2
PENDING_PICTURES = 8
PNG = "image/png"
PASSING_PIXELS = 4 << 20  # a larger picture of a transient run is shown smaller


class Encoder:
    """The thread and its queue."""

    def __init__(self, wire: Channel, inbox: Inbox, store: BlobStore) -> None:
        self.wire = wire
        self.inbox = inbox
        self.store = store
        self._work: queue.Queue[Callable[[], None]] = queue.Queue(PENDING_PICTURES)
        self._room = threading.BoundedSemaphore(PENDING_DELIVERIES)
        threading.Thread(target=self._run, name="encoder", daemon=True).start()

    def reserve(self) -> None:
        """Wait until one more delivery may be closed."""
        self._room.acquire()

    def release(self) -> None:
        """A closed delivery has ended."""
        self._room.release()

    def put(self, work: Callable[[], None]) -> None:
        """Do this after what is queued; waits while much is queued."""
        self._work.put(work)

    def drain(self) -> None:
        """Wait until everything queued is done."""
        self._work.join()

    def _run(self) -> None:
        while True:
            work = self._work.get()
            work()
            # Nothing may keep a picture alive while the thread waits for the next one.
            del work
            self._work.task_done()


@dataclass(slots=True)
class Delivery:
    """The results of one attempt, in order. Its methods are called by the thread that runs it."""

    encoder: Encoder
    job: JobKey
    snapshot: Mapping[str, Any]
    kinds: Mapping[str, str]
    transient: bool = False
    error: StudioError | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    """Those of the run that makes pictures now: one of several where a list arrived."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    _outputs: list[Output] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)
    _seconds: float = 0.0
    _abandoned: bool = False

    def picture(
        self, image: Image, port: str, seed: int | None, parameters: Mapping[str, object]
    ) -> None:
        """Encode and store a picture later. Raises what went wrong with an earlier one."""
        self._raise_error()
        index = self._next_index(port)
        output = {"port": port, "index": index, **parameters}
        snapshot = {**self.snapshot, **self.facts, "params": self.params, "output": output}
        for of_all in ("prompts", "plans"):  # `output` has those of this image
            snapshot.pop(of_all, None)
        self.encoder.put(partial(self._store_picture, image, port, index, seed, snapshot))

    def file(
        self, data: bytes, media_type: str, port: str, size: tuple[int | None, int | None]
    ) -> None:
        """Store a file that is no picture of pixels."""
        self._raise_error()
        index = self._next_index(port)
        self.encoder.put(partial(self._store, lambda: data, media_type, port, index, None, size))

    def value(self, value: Any, port: str) -> None:
        """Add a value, kept in the report itself."""
        self._raise_error()
        output = Output(
            port=port, index=self._next_index(port), kind=self._kind(port).name, value=value
        )
        self.encoder.put(partial(self._outputs.append, output))

    def abandon(self) -> None:
        """Nothing of this will be delivered."""
        self._abandoned = True

    def close(self, warnings: tuple[Notice, ...], timings: Mapping[str, float]) -> None:
        """Tell the server when all is stored. `Encoder.reserve` comes first."""
        self.encoder.put(partial(self._finish, warnings, dict(timings)))

    # In the encoder's thread.

    def _store_picture(
        self, image: Image, port: str, index: int, seed: int | None, snapshot: dict[str, Any]
    ) -> None:
        def encode() -> bytes:
            if self.transient:
                return encode_png(_shown(image))
            return encode_png(image, image_metadata(snapshot, seed, image.size))

        self._store(encode, PNG, port, index, seed, image.size)

    def _store(
        self,
        encode: Callable[[], bytes],
        media_type: str,
        port: str,
        index: int,
        seed: int | None,
        size: tuple[int | None, int | None],
    ) -> None:
        if self._abandoned or self.error or self.encoder.inbox.cancelled(self.job):
            return
        began = time.perf_counter()
        try:
            kept = self._kept(encode())
        except BaseException as error:
            # The thread must live on whatever an encoder or a disk raises: the job fails, later.
            log.warning("storing an output failed", exc_info=True)
            self.error = as_studio_error(error)
            return
        self._seconds += time.perf_counter() - began
        self._outputs.append(
            Output(
                port=port,
                index=index,
                kind=self._kind(port).name,
                type=media_type,
                width=size[0],
                height=size[1],
                seed=seed,
                **kept,
            )
        )

    def _kept(self, data: bytes) -> dict[str, Any]:
        """Where a result is: in the store, or in the report itself."""
        if self.transient:
            return {"data": base64.b64encode(data).decode()}
        blob = self.encoder.store.put(data)
        return {"key": blob.key, "size": blob.size}

    def _finish(self, warnings: tuple[Notice, ...], timings: dict[str, float]) -> None:
        task_id, attempt = self.job
        try:
            if self.encoder.inbox.cancelled(self.job):
                self.encoder.wire.send(Cancelled(task_id=task_id, attempt=attempt))
            elif self.error:
                error = self.error.record()
                self.encoder.wire.send(Failed(task_id=task_id, attempt=attempt, error=error))
            else:
                self._send_finished(
                    warnings, {**timings, "encode_seconds": round(self._seconds, 4)}
                )
        finally:
            self.encoder.inbox.close(self.job)
            self.encoder.release()

    def _send_finished(self, warnings: tuple[Notice, ...], timings: dict[str, float]) -> None:
        task_id, attempt = self.job
        try:
            done = Finished(
                task_id=task_id,
                attempt=attempt,
                outputs=tuple(self._outputs),
                warnings=warnings,
                timings=timings,
                facts=dict(self.facts),
            )
            self.encoder.wire.send(done)
        except ValueError as error:  # an operation's value that is no JSON
            failure = as_studio_error(error).record()
            self.encoder.wire.send(Failed(task_id=task_id, attempt=attempt, error=failure))

    # Small steps.

    def _kind(self, port: str) -> Kind:
        name = self.kinds.get(port)
        if name is None:
            raise TaskFailure(f"The operation declares no output {port!r}.")
        return kind_of(name)

    def _next_index(self, port: str) -> int:
        index = self._counts.get(port, 0)
        self._counts[port] = index + 1
        return index

    def _raise_error(self) -> None:
        if self.error:
            raise self.error


def _shown(image: Image) -> Image:
    """A picture that is looked at once, small enough for one message."""
    pixels = image.width * image.height
    if pixels <= PASSING_PIXELS:
        return image
    share = (PASSING_PIXELS / pixels) ** 0.5
    return image.resize((max(1, int(image.width * share)), max(1, int(image.height * share))))
