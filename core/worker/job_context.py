"""The context of one running job: all that an operation may touch (`Context` of declaration/base).

Knows the store by key and the models by id; never the database, never a path it hands out.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

from PIL import Image

from core.errors import InvalidInput
from core.operations.declaration.base import AuxiliaryModels, Downloads, Models
from core.operations.declaration.fields import AssetValue
from core.operations.declaration.resolving import ResolveContext
from core.store.blobs import CHUNK
from core.store.metadata import read_metadata
from core.store.outputs import OutputFolder
from core.worker.encoder import Delivery
from core.worker.items import Run
from core.worker.progress_reporter import ProgressReporter
from core.worker.protocol import Notice, Start
from core.worker.work_folder import WorkFolder


class TaskCancelled(BaseException):
    """Ends a run that was asked to stop. Not an `Exception`, so that no library swallows it."""


class RunYielded(BaseException):
    """Ends a run with a checkpoint. Not an `Exception`, so that no library swallows it."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class JobContext:
    """One attempt of one task. An operation that runs once per item shares it over all `runs`."""

    def __init__(
        self,
        start: Start,
        models: Models,
        auxiliary_models: AuxiliaryModels,
        downloads: Downloads,
        delivery: Delivery,
        make_context: Callable[[], ResolveContext],
        outputs: OutputFolder,
        folder: WorkFolder,
        runs: int = 1,
    ) -> None:
        self.task_id = start.task_id
        self.attempt = start.attempt
        self.log = logging.getLogger(f"operation.{start.operation}")
        self.models = models
        self.auxiliary_models = auxiliary_models
        self.downloads = downloads
        self.facts = start.snapshot
        self.warnings: list[Notice] = []
        self.reporter = ProgressReporter(delivery.encoder.wire, start.about, runs)
        self._start = start
        self._delivery = delivery
        self._outputs = outputs
        self._make_context = make_context
        self._folder = folder
        self._inbox = delivery.encoder.inbox
        self._store = delivery.encoder.store

    def begin(self, index: int, run: Run) -> None:
        """Start one of the runs: its results carry its own parameters and facts."""
        self.reporter.run_index = index
        self.facts = self._delivery.snapshot = run.snapshot
        self._delivery.params = run.params

    @cached_property
    def resolver(self) -> ResolveContext:
        """See `Context`."""
        return self._make_context()

    @property
    def cancelled(self) -> bool:
        """See `Context`."""
        return self._inbox.cancelled(self._start.about)

    def progress(
        self,
        phase: str,
        *,
        step: int = 0,
        steps: int = 0,
        image: int = 1,
        images: int = 1,
        preview: Callable[[], bytes] | None = None,
    ) -> None:
        """See `Context`."""
        if self.cancelled:
            raise TaskCancelled
        self.reporter.report(
            phase, step=step, steps=steps, image=image, images=images, preview=preview
        )

    def metric(self, name: str, value: float, step: int) -> None:
        """See `Context`."""
        self.reporter.metric(name, value, step)

    def should_yield(self) -> bool:
        """See `Context`."""
        return self._inbox.yield_asked(self._start.about)

    @property
    def folder(self) -> Path:
        """See `Context`."""
        return self._folder.path

    def checkpoint(self, path: Path) -> NoReturn:
        """See `Context`."""
        raise RunYielded(self._store.put_file(path).key)

    def restored(self) -> Path | None:
        """See `Context`."""
        if self._start.checkpoint_key is None:
            return None
        path = self.folder / self._start.checkpoint_key
        with self._store.open(self._start.checkpoint_key) as source, path.open("wb") as copy:
            shutil.copyfileobj(source, copy, CHUNK)
        return path

    def image(self, asset: AssetValue) -> Image.Image:
        """See `Context`. Raises `InvalidInput` for an asset that was not given to this task."""
        with Image.open(BytesIO(self.file(asset))) as found:
            found.load()
            return found.convert("RGBA" if found.has_transparency_data else "RGB")

    def file(self, asset: AssetValue) -> bytes:
        """See `Context`. Raises `InvalidInput` for an asset that was not given to this task."""
        if not isinstance(asset, str):
            raise InvalidInput("An input is empty: no asset arrived for it.")
        stored = self._start.inputs.get(asset)
        if stored is None:
            raise InvalidInput(f"The asset {asset[:64]!r} was not given to this task.")
        with self._store.open(stored.key) as file:
            return file.read()

    def save(self, parts: Sequence[str], ending: str, data: bytes) -> str:
        """See `Context`."""
        return self._outputs.save(parts, ending, data)

    def metadata(self, asset: AssetValue) -> Mapping[str, Any]:
        """See `Context`. Raises `InvalidInput` for an asset that was not given to this task."""
        found = read_metadata(self.file(asset)).get("qpyt")
        return found if isinstance(found, dict) else {}

    def add_image(
        self,
        image: Image.Image,
        *,
        port: str = "image",
        seed: int | None = None,
        parameters: Mapping[str, object] = {},
    ) -> None:
        """See `Context`."""
        self._delivery.picture(image, port, seed, parameters)

    def add_file(
        self,
        data: bytes,
        *,
        media_type: str,
        port: str,
        width: int | None = None,
        height: int | None = None,
    ) -> None:
        """See `Context`."""
        self._delivery.file(data, media_type, port, (width, height))

    def add_value(self, value: Any, *, port: str) -> None:
        """See `Context`."""
        self._delivery.value(value, port)

    def warn(self, code: str, detail: str, field: str | None = None) -> None:
        """See `Context`."""
        notice = Notice(code=code, detail=detail, field=field)
        if notice not in self.warnings:
            self.warnings.append(notice)
            said = [*self.facts.get("warnings", ()), *(one.model_dump() for one in self.warnings)]
            self.note({"warnings": said})  # pictures from here on carry it

    def note(self, facts: Mapping[str, Any]) -> None:
        """See `Context`."""
        self._delivery.facts = {**self._delivery.facts, **facts}
