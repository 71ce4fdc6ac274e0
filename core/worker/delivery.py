"""The results of a job, from the running operation to the report of its ending."""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from PIL.Image import Image

from core.errors import StudioError, TaskFailure
from core.kinds import Kind, kind_of
from core.nesting import MAX_INPUT_DEPTH, too_deep
from core.pictures.origin import Origin, shortened
from core.provenance.source_types import source_type_of
from core.store.metadata import TEXT_LIMIT
from core.store.png import encode_png, image_metadata
from core.worker.encoder import Encoder
from core.worker.failures import as_studio_error
from core.worker.marks import PNG, InputImage, Marks
from core.worker.protocol import Cancelled, Failed, Finished, JobKey, Notice, Output, Stored

log = logging.getLogger(__name__)

TRANSIENT_PIXELS = 4 << 20
LONGEST_SNAPSHOT = TEXT_LIMIT - 1024  # bytes of JSON: a longer text is not read back


@dataclass
class Delivery:
    """The results of one attempt, in order of their arrival.

    The thread that runs the job calls the public methods. `params` are those of the current run:
    one of several where a list arrived. A transient run stores nothing: its files travel in the
    report.
    """

    encoder: Encoder
    job: JobKey
    snapshot: Mapping[str, Any]
    kinds: Mapping[str, str]
    transient: bool = False
    error: StudioError | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    _outputs: list[Output] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)
    _seconds: float = 0.0
    _abandoned: bool = False
    _closed: bool = False
    _last: Stored | None = None
    _storing: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def marks(self) -> Marks:
        """The provenance of the results."""
        return Marks(self.encoder.signer, self.encoder.store)

    def image(
        self,
        image: Image,
        port: str,
        seed: int | None,
        parameters: Mapping[str, object],
        origin: Origin,
        inputs: Sequence[InputImage] = (),
    ) -> None:
        """Encode and store an image later. Raises the error of an earlier result.

        `origin` is that of the input that it was made from, `inputs` are all its input images.
        """
        self._raise_error()
        index = self._next_index(port)
        output = {"port": port, "index": index, **parameters}
        snapshot = {**self.snapshot, **self.facts, "params": self.params, "output": output}
        for of_task in ("prompts", "plans", "request_id"):  # `output` has those of this image
            snapshot.pop(of_task, None)
        if origin.history:
            snapshot["history"] = list(origin.history)
        self.encoder.put(
            partial(
                self._store_image, image, port, index, seed, snapshot, origin.parameters, inputs
            )
        )

    def file(
        self, data: bytes, media_type: str, port: str, size: tuple[int | None, int | None]
    ) -> None:
        """Store a file later, such as an SVG. Raises the error of an earlier result."""
        self._raise_error()
        index = self._next_index(port)
        self.encoder.put(partial(self._store, lambda: data, media_type, port, index, None, size))

    def value(self, value: Any, port: str) -> None:
        """Add a value, which travels in the report. Raises the error of an earlier result."""
        self._raise_error()
        if too_deep(value, MAX_INPUT_DEPTH):
            raise TaskFailure(
                f"The value of {port!r} is nested more than {MAX_INPUT_DEPTH} levels deep."
            )
        output = Output(
            port=port, index=self._next_index(port), kind=self._kind(port).name, value=value
        )
        self.encoder.put(partial(self._outputs.append, output))

    def abandon(self) -> None:
        """Drop all results that are not stored yet; `close` must not follow.

        Waits for the result that is being stored: once the ending is reported, this attempt writes
        nothing more.
        """
        with self._storing:
            self._abandoned = True

    def close(self, warnings: tuple[Notice, ...], timings: Mapping[str, float]) -> None:
        """Report the ending once all results are stored. Call `Encoder.reserve` first."""
        self._closed = True
        self.encoder.put(partial(self._finish, warnings, dict(timings)))

    # In the encoder's thread.

    def _store_image(
        self,
        image: Image,
        port: str,
        index: int,
        seed: int | None,
        snapshot: dict[str, Any],
        inherited: str | None,
        inputs: Sequence[InputImage],
    ) -> None:
        def encode() -> bytes:
            if self.transient:
                return encode_png(_shrunk(image))
            workflow = snapshot.pop("workflow", None)
            short = shortened(snapshot, LONGEST_SNAPSHOT)
            source_type = self.marks.source_type("model" in short, inputs)
            texts = image_metadata(short, seed, image.size, inherited, source_type, workflow)
            operation = str(short.get("operation", ""))
            marked = self._watermarked(image, inputs) if "model" in short else image
            return self.marks.sign(encode_png(marked, texts), operation, source_type, inputs)

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
        with self._storing:
            if self._abandoned or self.error or self.encoder.inbox.cancelled(self.job):
                return
            began = time.perf_counter()
            try:
                location = self._store_or_inline(encode())
            except BaseException as error:
                # Protects the thread from any error of an encoder or a disk: the job fails, later.
                log.warning("storing an output failed", exc_info=True)
                self.error = as_studio_error(error)
                return
            self._seconds += time.perf_counter() - began
            output = Output(
                port=port,
                index=index,
                kind=self._kind(port).name,
                type=media_type,
                width=size[0],
                height=size[1],
                seed=seed,
                **location,
            )
            self._outputs.append(output)
            if output.key and self._kind(port).raster:
                self._report_stored(output)

    def _report_stored(self, output: Output) -> None:
        """Report an image, unless it is the last one: then the ending follows, which has it."""
        task_id, attempt = self.job
        stored = Stored(task_id=task_id, attempt=attempt, output=output)
        if self._closed and len(self._outputs) == sum(self._counts.values()):
            self._last = stored
        else:
            self.encoder.channel.send(stored)

    def _store_or_inline(self, data: bytes) -> dict[str, Any]:
        """Store a file, or for a transient run encode it for the report; the fields of `Output`."""
        if self.transient:
            return {"data": base64.b64encode(data).decode()}
        blob = self.encoder.store.put(data)
        return {"key": blob.key, "size": blob.size}

    def _watermarked(self, image: Image, inputs: Sequence[InputImage]) -> Image:
        """The generated image with a mark in its pixels, where the settings ask for it."""
        if not self.encoder.watermark:
            return image
        from core.provenance.watermark import mark

        return mark(image, source_type_of(True, [entry.source_type for entry in inputs]))

    def _finish(self, warnings: tuple[Notice, ...], timings: dict[str, float]) -> None:
        task_id, attempt = self.job
        try:
            if self.encoder.inbox.cancelled(self.job):
                if self._last is not None:  # a cancel keeps what is stored
                    self.encoder.channel.send(self._last)
                self.encoder.channel.send(Cancelled(task_id=task_id, attempt=attempt))
            elif self.error:
                error = self.error.record()
                self.encoder.channel.send(Failed(task_id=task_id, attempt=attempt, error=error))
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
                warnings=(*warnings, *self.marks.notices),
                timings=timings,
                facts=dict(self.facts),
            )
            self.encoder.channel.send(done)
        except ValueError as error:  # an operation's value that is no JSON
            failure = as_studio_error(error).record()
            self.encoder.channel.send(Failed(task_id=task_id, attempt=attempt, error=failure))

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


def _shrunk(image: Image) -> Image:
    """The image, scaled to at most `TRANSIENT_PIXELS` so that it fits one message."""
    pixels = image.width * image.height
    if pixels <= TRANSIENT_PIXELS:
        return image
    share = (TRANSIENT_PIXELS / pixels) ** 0.5
    return image.resize((max(1, int(image.width * share)), max(1, int(image.height * share))))
