"""The context of one running job: `Context` of core/operations/declaration/base.py.

Assets are read by id from the blob store; the database is out of reach.
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
from core.operations.declaration.base import AuxiliaryModels, Downloads, Models, Operation
from core.operations.declaration.fields import AssetValue, port_fields
from core.operations.declaration.resolving import ResolveContext
from core.operations.declaration.use import image_inputs, main_input, used
from core.pictures.origin import Origin, joined
from core.provenance.source_types import source_type_of_file
from core.store import atomic
from core.store.blobs import CHUNK
from core.store.metadata import read_metadata
from core.worker.delivery import Delivery
from core.worker.items import Run
from core.worker.marks import InputImage
from core.worker.progress_reporter import ProgressReporter
from core.worker.protocol import Notice, Start
from core.worker.resources import Resources
from core.worker.run_log import RunLog
from core.worker.work_folder import WorkFolder


class TaskCancelled(BaseException):
    """Ends a cancelled run. Not an `Exception`, so that no library swallows it."""


class RunYielded(BaseException):
    """Ends a run with a checkpoint. Not an `Exception`, so that no library swallows it."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class JobContext:
    """One attempt of one task, shared by all its `runs`: an operation may run once per item."""

    def __init__(
        self,
        start: Start,
        resources: Resources,
        delivery: Delivery,
        folder: WorkFolder,
        runs: int = 1,
    ) -> None:
        self.task_id = start.task_id
        self.attempt = start.attempt
        self.log = logging.getLogger(f"operation.{start.operation}")
        self.models: Models = resources.models
        self.auxiliary_models: AuxiliaryModels = resources.auxiliary_models
        self.downloads: Downloads = resources.downloads
        self.facts = start.snapshot
        self.warnings: list[Notice] = []
        self.reporter = ProgressReporter(delivery.encoder.channel, start.about, runs)
        self._saves = 0
        self._main_input: str | None = None
        self._image_inputs: list[tuple[str, str]] = []
        self._port_kinds: dict[str, str] = {}
        self._files_metadata: dict[str, Mapping[str, Any]] = {}
        self._start = start
        self._delivery = delivery
        self._resources = resources
        self._folder = folder
        self._inbox = delivery.encoder.inbox
        self._store = delivery.encoder.store

    def begin(self, index: int, run: Run, operation: type[Operation]) -> None:
        """Start one of the runs: its results carry its own parameters, facts and origin."""
        self.reporter.run_index = index
        self.facts = self._delivery.snapshot = run.snapshot
        self._delivery.params = used(operation, run.params)
        self._main_input = main_input(operation, run.params)
        self._image_inputs = image_inputs(operation, run.params)
        self._port_kinds = {name: port.type for name, port in port_fields(operation).items()}
        needed = {asset for _, asset in self._image_inputs}
        known = self._files_metadata
        self._files_metadata = {asset: known[asset] for asset in needed & known.keys()}

    @cached_property
    def resolver(self) -> ResolveContext:
        """See `Context`."""
        return self._resources.make_resolver()

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

    @cached_property
    def run_log(self) -> RunLog:
        """See `Context`."""
        encoder = self._delivery.encoder
        return RunLog(encoder.channel, self._store, self._start.about)

    @cached_property
    def run_folder(self) -> Path:
        """See `Context`."""
        return self._kept("runs", self.task_id)

    @cached_property
    def cache_folder(self) -> Path:
        """See `Context`."""
        return self._kept("cache", self._start.operation)

    def _kept(self, *parts: str) -> Path:
        path = self._resources.kept.joinpath(*parts)
        atomic.make_folder(path)
        return path

    def stored(self, key: str) -> bytes:
        """See `Context`."""
        with self._store.open(key) as file:
            return file.read()

    def add_lora(self, name: str, data: bytes, thumbnail: bytes | None = None) -> str:
        """See `Context`."""
        return self._resources.loras.add(name, data, thumbnail)

    def should_yield(self) -> bool:
        """See `Context`."""
        return self._inbox.yield_requested(self._start.about)

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
        with Image.open(BytesIO(self.file(asset))) as image:
            image.load()
            return image.convert("RGBA" if image.has_transparency_data else "RGB")

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
        self._saves += 1
        record = self._resources.saved / f"{self.task_id}-{self._saves}.json"
        return self._resources.outputs.save(parts, ending, data, record)

    def origin(self, asset: AssetValue) -> Origin:
        """See `Context`. Raises `InvalidInput` for an asset that was not given to this task."""
        return Origin.of(self._metadata(str(asset)))

    def source_type(self, asset: AssetValue) -> str | None:
        """See `Context`. Raises `InvalidInput` for an asset that was not given to this task."""
        metadata = self._metadata(str(asset))
        return self._delivery.marks.kept_type(metadata)

    def sign(self, asset: AssetValue, data: bytes, media_type: str) -> bytes:
        """See `Context`. Raises `InvalidInput` for an asset that was not given to this task."""
        image = self._input_image(str(asset), main=True)
        return self._delivery.marks.sign_copy(data, media_type, image)

    def _metadata(self, asset: str) -> Mapping[str, Any]:
        """The metadata of an input image, read once."""
        if asset not in self._files_metadata:
            self._files_metadata[asset] = read_metadata(self.file(asset))
        return self._files_metadata[asset]

    def _input_image(self, asset: str, *, main: bool) -> InputImage:
        source_type = source_type_of_file(self._metadata(asset))
        return InputImage(self._start.inputs[asset].key, main, source_type)

    def _pictures(self) -> list[InputImage]:
        """The input images of the run without masks, the main one first."""
        if self._start.transient:
            return []
        return [
            self._input_image(asset, main=asset == self._main_input)
            for port, asset in self._image_inputs
            if asset in self._start.inputs and self._port_kinds[port] != "mask"
        ]

    def _origin_of_inputs(self) -> Origin:
        """The steps of all images and masks of the run, those of the main input last."""
        if self._start.transient:
            return Origin()
        known = [entry for entry in self._image_inputs if entry[1] in self._start.inputs]
        main = [self.origin(asset) for _, asset in known if asset == self._main_input]
        others = [
            (field, self.origin(asset)) for field, asset in known if asset != self._main_input
        ]
        return joined(main[0] if main else Origin(), others)

    def add_image(
        self,
        image: Image.Image,
        *,
        port: str = "image",
        seed: int | None = None,
        parameters: Mapping[str, object] = {},
    ) -> None:
        """See `Context`."""
        origin = self._origin_of_inputs()
        self._delivery.image(image, port, seed, parameters, origin, self._pictures())

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
            new = [warning.model_dump() for warning in self.warnings]
            # Images from here on carry it.
            self.note({"warnings": [*self.facts.get("warnings", ()), *new]})

    def note(self, facts: Mapping[str, Any]) -> None:
        """See `Context`."""
        self._delivery.facts = {**self._delivery.facts, **facts}
