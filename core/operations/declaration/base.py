"""Declarations of operations: typed parameters, typed outputs and `run`.

From one such declaration come the REST endpoint, the brick with its form, the workflow step and
the command. The parameters are light to import: whatever is heavy is reached through `ctx`, in a
worker. See docs/add-an-operation.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from core.models.progress import Drawing, ProgressCallback, WarningCallback
from core.operations.declaration.fields import AssetValue, Category, Port
from core.training.context import RunLog

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.fit.plans import Fit, FreeMemory
    from core.models.library.model import Model
    from core.operations.declaration.resolving import ResolveContext
    from core.pictures.origin import Origin


T = TypeVar("T")


class LoadedModel(Protocol):
    """A model ready to draw (core/engine)."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Facts for the snapshot: `precision` of each part, `memory_plan`, its own `scheduler`.

        After an image that its finisher enlarged also `finisher`, with its `file` and the size
        `drawn`.
        """

    def canvas(self, width: int, height: int) -> tuple[int, int]:
        """The size, in pixels, that it draws an image of `width` × `height` at."""

    @property
    def has_finisher(self) -> bool:
        """True where a network of its own enlarges its results to the size of the request."""

    def draw(
        self,
        mode: str,
        parameters: Mapping[str, Any],
        *,
        seed: int,
        report: ProgressCallback,
        warn: WarningCallback | None = None,
    ) -> Image:
        """One image. `parameters` carry diffusers' names; `mode` is one of the record's modes.
        `result_size` (width, height) among them is the size that a finisher brings the image to.

        Phases reported: `encoding prompt`, `denoising` (with step, steps, preview), `decoding`;
        with `measure_drift` also `measuring drift`.
        """

    def draw_batch(self, mode: str, drawings: Sequence[Drawing]) -> list[Image]:
        """Images of equal parameters but for texts and seeds, in one call of the pipeline.

        Each is within one grey level of its image by `draw`.
        """

    def draw_layers(self, mode: str, drawing: Drawing) -> list[Image]:
        """The layers of one image, bottom first, as RGBA of the size that the model draws."""


class LeasedModel(LoadedModel, Protocol):
    """A model whose weights may be changed, for instance trained."""

    @property
    def pipeline(self) -> Any:
        """The diffusers pipeline with its networks."""


class Models(Protocol):
    """The worker's warm models."""

    def get(self, model_id: str, vae: str | None = None) -> LoadedModel:
        """The model, loaded; raises `ModelMissing` or `ModelBroken`."""

    def lease(
        self,
        model_id: str,
        vae: str | None = None,
        fit: Callable[[Model, FreeMemory], Fit] | None = None,
    ) -> AbstractContextManager[LeasedModel]:
        """A copy of a model for this run alone, which may change its weights.

        `fit` chooses the plan that holds it; without it, that of an image counts.
        It is read from the files at the start of the `with` block and dropped at its end, so later
        images of the model are those of its files. Raises `ModelMissing` or `ModelBroken`.
        """

    def unload(self, model_id: str) -> bool:
        """Take a model out of memory; whether it was there."""


class Downloads(Protocol):
    """The io lane's work on files of models."""

    def pull(self, entry_id: str, report: Callable[[int, int], None]) -> list[str]:
        """Bring an entry of the catalogue; `report` gets bytes done and in all, and may raise."""

    def hash(self, file: str, kind: str, report: Callable[[int, int], None]) -> dict[str, str]:
        """`fingerprint` and full `sha256` of a model's or LoRA's file."""


class AuxiliaryModels(Protocol):
    """The worker's auxiliary models: upscalers, background removers, prompt writers, describers."""

    def get(self, model_id: str, load: Callable[[Path, str], T]) -> T:
        """The auxiliary model of an id, made once by `load(folder, device)` and kept warm.

        `device` is `cpu` or the kind of the accelerator. Raises `ModelMissing`.
        """


class Context(Protocol):
    """All that a running operation may touch."""

    task_id: str
    attempt: int
    log: logging.Logger
    models: Models
    auxiliary_models: AuxiliaryModels
    downloads: Downloads

    @property
    def facts(self) -> Mapping[str, Any]:
        """The facts of `resolve`, as the snapshot keeps them."""

    @property
    def resolver(self) -> ResolveContext:
        """The context of `resolve`, for what could not be resolved before the task was stored."""

    @property
    def cancelled(self) -> bool:
        """True once a cancel was requested."""

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
        """Report progress; raises `TaskCancelled` once a cancel was requested.

        `preview` makes JPEG bytes; it is called only when a preview is due.
        """

    def metric(self, name: str, value: float, step: int) -> None:
        """Set the newest value of a metric, such as a loss, measured at a step.

        The next progress message carries it, and the snapshot keeps the last value. An operation
        that needs the whole series collects and delivers it itself.
        """

    @property
    def folder(self) -> Path:
        """An empty folder for this run's files; removed when the run ends."""

    @property
    def run_log(self) -> RunLog:
        """The values and files of a long run."""

    @property
    def run_folder(self) -> Path:
        """A folder of this task that survives its interruptions, also those of the process."""

    @property
    def cache_folder(self) -> Path:
        """A folder for what can be computed again, shared by all runs of the operation."""

    def stored(self, key: str) -> bytes:
        """The content of a stored file by its SHA-256, such as a checkpoint of another task.

        Raises `NotFound`.
        """

    def add_lora(self, name: str, data: bytes, thumbnail: bytes | None = None) -> str:
        """Put a LoRA, safetensors, into the library under a free name, with a PNG; its name."""

    def should_yield(self) -> bool:
        """True when a task of a higher priority waits: a long task should `checkpoint`."""

    def checkpoint(self, path: Path) -> NoReturn:
        """Store a file with the work done so far and end this run; a later run gets it back.

        The file is streamed into the store, so it may be larger than the free memory.
        """

    def restored(self) -> Path | None:
        """A copy, in `folder`, of the file that the previous run stored; None in a first run."""

    def image(self, asset: AssetValue) -> Image:
        """An input image, decoded, RGB or RGBA.

        `asset` is the value of the input's field. Raises `InvalidInput` where no asset arrived.
        """

    def file(self, asset: AssetValue) -> bytes:
        """An input's bytes, as they are stored. Raises as `image` does."""

    def save(self, parts: Sequence[str], ending: str, data: bytes) -> str:
        """Write a file into the user's output folder; its path from there.

        See `core.store.outputs.OutputFolder.save`.
        """

    def origin(self, asset: AssetValue) -> Origin:
        """The steps that made an input image, from its metadata; empty where it has none.

        An image that is added has that of the first image input by itself.
        """

    def source_type(self, asset: AssetValue) -> str | None:
        """The digital source type of an input image, an address of the IPTC; None if unknown."""

    def sign(self, asset: AssetValue, data: bytes, media_type: str) -> bytes:
        """Sign a copy of an input image in another form, with its source type and manifests.

        `data` comes back as it is, with a warning on the task, where that fails.
        """

    def add_image(
        self,
        image: Image,
        *,
        port: str = "image",
        seed: int | None = None,
        parameters: Mapping[str, object] = {},
    ) -> None:
        """An output image. It is encoded and stored while the next task already runs."""

    def add_file(
        self,
        data: bytes,
        *,
        media_type: str,
        port: str,
        width: int | None = None,
        height: int | None = None,
    ) -> None:
        """An output file that is no image of pixels, such as an SVG."""

    def add_value(self, value: Any, *, port: str) -> None:
        """An output that is text or JSON."""

    def warn(self, code: str, detail: str, field: str | None = None) -> None:
        """Something the user should know although the task goes on."""

    def note(self, facts: Mapping[str, Any]) -> None:
        """Add to the snapshot of what is made from now on, and of the task: JSON by name."""


@dataclass(frozen=True, slots=True)
class Warning:
    """Something the user should know: a stable code, the field, a sentence."""

    code: str
    detail: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """Parameters as they will run, and what a snapshot says of how they came to be.

    `fingerprints` are the contents of all files that decide the result, by `kind/name`: an equal
    task counts as equal only where they are.
    """

    operation: Operation
    warnings: tuple[Warning, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)


class Declaration(BaseModel):
    """The base of operations, values and views."""

    # Validators are built on first use: building all of them is a tenth of the start.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str] = ""
    category: ClassVar[Category]
    outputs: ClassVar[tuple[Port, ...]] = ()
    form_order: ClassVar[tuple[str, ...]] = ()  # fields that forms list first, before the others


class Operation(Declaration):
    """A kind of work. Subclasses add fields, `outputs` and `run`."""

    lane: ClassVar[str] = "device"
    on_gpu: ClassVar[bool] = False  # runs on the device lane where that is a GPU
    short: ClassVar[bool] = False  # done in a moment: one slot of its lane is kept for such
    map_over_items: ClassVar[bool] = (
        False  # every item that arrives is a run, whatever port it is at
    )
    yields: ClassVar[bool] = False  # hands back a checkpoint on request, so it can be paused
    band: ClassVar[int] = 0  # the strongest priority band of its tasks
    cacheable: ClassVar[bool] = True  # an equal task that is done may stand in for it
    transient: ClassVar[bool] = False  # may run without a trace, for a look while a slider moves
    at_root: ClassVar[bool] = False  # served at the root of the API too
    has_brick: ClassVar[bool] = True  # has a brick
    in_lab: ClassVar[bool] = False  # has a form in the LoRA lab
    rewrites: ClassVar[tuple[str, ...]] = ()  # fields of a prompt that its text may replace
    varies_in_batch: ClassVar[frozenset[str]] = frozenset()  # fields; none: it has no `run_batch`

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """The parameters that will run: defaults filled in, sizes snapped, seeds drawn.

        Runs in a thread of the server before the task is stored, so it may read files and never
        imports torch. Raises `InvalidInput` or `ModelMissing`.
        """
        return Resolved(self)

    def runs_in(self) -> str:
        """The lane for these very parameters."""
        return self.lane

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Refuse input images by their (width, height) in pixels, under their fields' names.

        Asked before the task is stored for those that are there. Raises `InvalidInput`.
        """

    def run(self, ctx: Context) -> None:
        """Do the work, in a worker. Ends by returning, raising, or `ctx.checkpoint`."""
        raise NotImplementedError

    def batch_size(self, device: str, model_of: Callable[[str], Model]) -> int:
        """The number of such tasks that run together on a kind of device; 1: each alone.

        Raises `InvalidInput` or `ModelMissing`.
        """
        return 1

    @staticmethod
    def run_batch(runs: Sequence[tuple[Any, Context]]) -> None:
        """Do the work of several tasks of this class at once; they differ in `varies_in_batch`.

        Where it raises, each of them runs alone. `progress` of a cancelled one does not raise
        while another is left.
        """
        raise NotImplementedError


class Value(Declaration):
    """A brick that holds a value: the compiler turns it into constants. It never runs.

    What arrives at `inputs` is shown to whoever edits the value; the value does not depend on it.
    A port named like a field stands in for that field. Of `carried` ports the value takes what
    arrives: a constant, or a reference to the output of another task.
    """

    inputs: ClassVar[tuple[Port, ...]] = ()
    carried: ClassVar[tuple[str, ...]] = ()
    user_action: ClassVar[str] = ""  # for a person who has to act first: `Paint a mask`

    @classmethod
    def of_parameters(cls, params: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """The fields of the value that an operation with these parameters was given, and the names
        of the parameters that it stands for."""
        props = {name: item for name, item in params.items() if name in cls.model_fields}
        return props, set(props)

    @classmethod
    def of_item(cls, item: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a value of `carried` ports for one item of an operation's list."""
        return {name: content for name, content in item.items() if content is not None}

    def values(self) -> Mapping[str, Any]:
        """The value of each output port. A `settings` port carries a mapping of fields."""
        raise NotImplementedError


class View(Declaration):
    """A brick that only shows what arrives."""

    inputs: ClassVar[tuple[Port, ...]] = ()
