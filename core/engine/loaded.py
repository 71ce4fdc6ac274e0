"""A model in memory: one set of weights behind the pipelines of all its modes.

The adapter that the model's record names calls the pipeline; nothing here depends on a family.
"""

from __future__ import annotations

import gc
import importlib
import logging
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import diffusers
from PIL.Image import Image

from core.engine import schedule, step_cache
from core.engine.auxiliary import onnx_upscaler
from core.engine.control_lora import ControlLora
from core.engine.controlled import Controls
from core.engine.controls import ControlNets
from core.engine.device import Device
from core.engine.embeddings import EmbeddingCache
from core.engine.finishing import finish
from core.engine.held_weights import precision_of, sizes_of
from core.engine.loras import ActiveLoras
from core.engine.out_of_memory import ran_out, smaller_plan, too_large
from core.engine.pipeline_class import pipeline_class
from core.engine.placing import install_hooks, place
from core.engine.prompt_length import warn_if_cut
from core.engine.references import ReferenceAdapters
from core.engine.render_request import RenderRequest
from core.engine.requested_loras import lora_files, with_region_loras
from core.engine.sibling import sibling
from core.models.families.family import Preview
from core.models.fit.plans import MemoryPlan, plans
from core.models.library.model import Model
from core.models.progress import Drawing, ProgressCallback, WarningCallback

log = logging.getLogger(__name__)

WARM_STEPS = 3  # enough for one preview
LARGE_ON_CPU = 500_000_000  # parameters


@dataclass(slots=True)
class Loaded:
    """A model's weights with its record. Implements `core.operations.declaration.base.LoadedModel`.

    `pipeline` is the one it was loaded as, or None after reloading by a smaller plan failed: the
    pool then loads it again. `preview` is None where no factors could be measured. `plan` says how
    the weights are held; `reload` loads them by another plan, and without it running out of memory
    is final. `find_lora` returns the file of a LoRA by its name; by default the name is the path.
    `controls` are the ControlNets of the worker, `references` its reference adapters.
    """

    model: Model
    pipeline: Any
    device: Device
    preview: Preview | None = None
    embeddings: EmbeddingCache = field(default_factory=EmbeddingCache)
    plan: MemoryPlan = field(default_factory=lambda: plans("cpu")[0])
    reload: Callable[[MemoryPlan], Any] | None = None
    find_lora: Callable[[str], Path] = Path
    controls: ControlNets | None = None
    references: ReferenceAdapters | None = None
    used: float = field(default_factory=time.monotonic)
    _base: Any = None
    _siblings: dict[str, Any] = field(default_factory=dict)
    _loras: ActiveLoras | None = None
    _finisher: onnx_upscaler.OnnxNetwork | None = None
    noted: dict[str, Any] = field(default_factory=dict)  # of the last image

    def __post_init__(self) -> None:
        self._take(self.pipeline)

    def _take(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        self._base = pipeline.scheduler
        self._siblings = {type(pipeline).__name__: pipeline}
        self._loras = ActiveLoras(self.model, pipeline)

    @property
    def bytes(self) -> int:
        """Memory of the weights, bytes."""
        return sum(self.sizes.values())

    @property
    def sizes(self) -> dict[int, int]:
        """Bytes of each tensor by its identity, equal in models that share weights."""
        return sizes_of(self.pipeline)

    @property
    def facts(self) -> Mapping[str, Any]:
        """See `LoadedModel`."""
        return {
            "precision": precision_of(self.model, self.pipeline, self.plan),
            "memory_plan": self.plan.id,
            "scheduler": schedule.name_of(self._base),
            **self.noted,
        }

    def canvas(self, width: int, height: int) -> tuple[int, int]:
        """See `LoadedModel`."""
        return self.model.canvas(width, height)

    @property
    def has_finisher(self) -> bool:
        """See `LoadedModel`."""
        return self.model.finisher is not None

    @property
    def text_encoder_key(self) -> Hashable:
        """See `ActiveLoras.text_encoder_key`."""
        return None if self._loras is None else self._loras.text_encoder_key

    def pipeline_of(self, mode: str, controls: Controls | None = None) -> Any:
        """The pipeline of a mode, or of a call with controls. All share the same weights."""
        if controls is not None and controls.class_name:
            return self._made(getattr(diffusers, controls.class_name), **controls.parts)
        return self.sibling(self.model.modes[mode].pipeline)

    def sibling(self, name: str) -> Any:
        """The pipeline of a class of diffusers around the same weights."""
        made = self._siblings.get(name) or self._made(pipeline_class(name))
        return self._siblings.setdefault(name, made)

    def _made(self, kind: type[Any], **parts: Any) -> Any:
        made = sibling(self.pipeline, kind, **parts)
        install_hooks(made, self.plan, self.device.kind)
        return made

    def scheduler(self, sampler: str | None, shift: float | None = None) -> Any:
        """A fresh scheduler: the checkpoint's own, or the named sampler. See `schedule.fresh`."""
        return schedule.fresh(self._base, sampler, shift)

    def warm(self) -> None:
        """Generate one small image in few steps, because the first call is slow.

        Skipped for a large model on a processor, where even that takes minutes, and for a model
        without text to image alone.
        """
        if self.device.kind == "cpu" and self.model.parameter_count > LARGE_ON_CPU:
            return
        if "generate" in self.model.modes and not self.model.family.own_control:
            short = {"prompt": "", "num_inference_steps": WARM_STEPS}
            parameters = {**self.model.defaults("generate"), **short}
            self.draw("generate", parameters, seed=0, report=_make_preview)

    def draw(
        self,
        mode: str,
        parameters: Mapping[str, Any],
        *,
        seed: int,
        report: ProgressCallback,
        warn: WarningCallback | None = None,
    ) -> Image:
        """One image; parameters that the model does not support are ignored.

        It has `width` × `height` pixels, or the size (width, height) of `result_size`, to which a
        finisher brings it. Raises what `report` raises. However it ends, the pipeline is ready for
        the next call. When memory runs out, a smaller plan is tried once.
        """
        request, size = self._request(mode, Drawing(parameters, seed, report, warn))
        loras = self._lora_files(parameters, warn)
        policy = {"lora_policy": parameters.get("lora_policy")}
        request = with_region_loras(
            request, loras, lambda region: self._lora_files({**policy, **region}, warn)
        )
        self.used = time.monotonic()
        image: Image = self._try_smaller_plans(request, loras, warn)
        if request.cache_interval and request.measure_drift:
            noted = self.noted["step_cache"]
            plain: Image = self._try_smaller_plans(step_cache.without(request), loras, warn)
            self.noted["step_cache"] = {**noted, "drift": step_cache.drift(image, plain)}
        return self._finish(image, size, report)

    def draw_batch(self, mode: str, drawings: Sequence[Drawing]) -> list[Image]:
        """Images in one call, within one grey level of those of `draw`, or four behind a finisher.

        They differ in texts and seeds only. Raises `OutOfMemory` without trying a smaller plan,
        which one image may not need, and else as `draw`.
        """
        requests, sizes = zip(*(self._request(mode, drawing) for drawing in drawings), strict=True)

        def warn(code: str, detail: str, field: str | None = None) -> None:
            for drawing in drawings:
                if drawing.warn is not None:
                    drawing.warn(code, detail, field)

        loras = self._lora_files(drawings[0].parameters, warn)
        self.used = time.monotonic()
        function = self.model.modes[mode].batch_function
        images: list[Image] = self._adapt(mode, function, requests, loras, warn)
        return [
            self._finish(image, size, drawing.report)
            for image, size, drawing in zip(images, sizes, drawings, strict=True)
        ]

    def draw_layers(self, mode: str, drawing: Drawing) -> list[Image]:
        """The layers of one image, bottom first, at the size that the model draws; raises as
        `draw`."""
        request, _ = self._request(mode, drawing)
        loras = self._lora_files(drawing.parameters, drawing.warn)
        self.used = time.monotonic()
        layers: list[Image] = self._try_smaller_plans(request, loras, drawing.warn)
        return layers

    def _request(self, mode: str, drawing: Drawing) -> tuple[RenderRequest, tuple[int, int]]:
        """The request of an image at the size that the model draws, and the size of its result."""
        self.noted, parameters = {}, drawing.parameters
        supported = self.model.parameters(mode)
        request = RenderRequest.of(
            mode, parameters, supported, seed=drawing.seed, report=drawing.report
        )
        size = parameters.get("result_size") or (request.width, request.height)
        if self.model.finisher is not None:
            width, height = self.model.drawn_size(request.width, request.height)
            request = replace(request, width=width, height=height)
        if self.model.modes[mode].references and request.image is not None:
            self.model.check_references(mode, len(request.references))
        if drawing.warn is not None:
            warn_if_cut(self.model, self.pipeline, request, drawing.warn)
        return request, size

    def _finish(self, image: Image, size: tuple[int, int], report: ProgressCallback) -> Image:
        """The image at `size`; as it is where the model has no finisher."""
        path = self.model.finisher
        if path is None or image.size == size:
            return image
        if self._finisher is None:
            self._finisher = onnx_upscaler.load(path, self.device.kind)
        self.noted["finisher"] = {"file": path.name, "drawn": list(image.size)}
        return finish(image, size, self._finisher, lambda: report("enlarging"))

    def _try_smaller_plans(
        self, request: RenderRequest, loras: Mapping[Path, float], warn: WarningCallback | None
    ) -> Any:
        """Render; when memory runs out, reload by the next smaller plan and render once more."""
        try:
            return self._render(request, loras, warn)
        except BaseException as error:
            # Only exhausted memory is handled; everything else is raised again.
            if not ran_out(error):
                raise
            log.warning("%s ran out of memory by the plan %r", self.model.id, self.plan.id)
        # Here and not above: while the exception lives, its frames hold the tensors.
        self._step_down(request)
        if warn is not None:
            warn("memory_plan", f"Memory was short: {self.model.label} runs {self.plan.label}.")
        try:
            return self._render(request, loras, warn)
        except BaseException as error:
            # As above.
            if not ran_out(error):
                raise
        raise too_large(self.model, self.device.free_memory(), request.width, request.height)

    def _render(
        self, request: RenderRequest, loras: Mapping[Path, float], warn: WarningCallback | None
    ) -> Any:
        function = self.model.modes[request.mode].function or request.mode
        return self._adapt(request.mode, function, request, loras, warn)

    def _adapt(
        self,
        mode: str,
        function: str,
        request: RenderRequest | Sequence[RenderRequest],
        loras: Mapping[Path, float],
        warn: WarningCallback | None,
    ) -> Any:
        """Call a function of the mode's adapter with LoRAs applied."""
        name = self.model.modes[mode].adapter
        adapter = importlib.import_module(f"core.engine.modes.{name}")
        try:
            regions = () if isinstance(request, Sequence) else request.regions
            self._apply(loras, warn, [region["loras"] for region in regions])
            return getattr(adapter, function)(self, request)
        except BaseException:
            # Also a cancel: offloaded parts must go back before anything else runs.
            self.pipeline_of(mode).maybe_free_model_hooks()
            raise

    def _lora_files(
        self, parameters: Mapping[str, Any], warn: WarningCallback | None
    ) -> dict[Path, float]:
        return lora_files(parameters, self.model, self.find_lora, warn)

    def switchable_loras(self) -> Any:
        """See `ActiveLoras.switchable`."""
        assert self._loras is not None
        return self._loras.switchable()

    def _apply(
        self,
        loras: Mapping[Path, float],
        warn: WarningCallback | None,
        others: Sequence[Mapping[Path, float]] = (),
    ) -> None:
        assert self._loras is not None
        try:
            applied = self._loras.apply(loras, *others)
        finally:
            self._restore_hooks()
        for lora in applied:
            log.info("%s", lora.sentence)
            if lora.partial and warn is not None:
                warn("lora_partial", f"{lora.sentence}; the rest has no effect.", "loras")

    def _restore_hooks(self) -> None:
        if self._loras is not None and self._loras.hooks_lost:
            place(self.pipeline, self.plan, self.device.kind)
            self._loras.hooks_lost = False

    @contextmanager
    def with_control_lora(
        self, pipeline: Any, lora: ControlLora, strength: float
    ) -> Iterator[None]:
        """A control LoRA beside the active LoRAs, while `pipeline` runs within the block."""
        assert self._loras is not None
        try:
            with self._loras.with_control(lora, strength):
                if self._loras.hooks_lost:
                    install_hooks(pipeline, self.plan, self.device.kind)
                yield
        finally:
            self._restore_hooks()

    def _step_down(self, request: RenderRequest) -> None:
        """Release the weights and reload them by the next smaller plan. Raises `OutOfMemory`."""
        memory = self.device.free_memory()
        lower = smaller_plan(self.model, self.plan, memory, request.width, request.height)
        if lower is None or self.reload is None:
            raise too_large(self.model, memory, request.width, request.height)
        self.release()
        gc.collect()
        self.device.free_caches()
        self.plan = lower
        self._take(self.reload(lower))

    def drop(self, parts: Iterable[str]) -> None:
        """Drop parts that are no longer needed, such as the encoders of texts that are cached."""
        for pipeline in self._siblings.values():
            known = [name for name in parts if name in pipeline.components]
            pipeline.register_modules(**dict.fromkeys(known))
        gc.collect()
        self.device.free_caches()

    def release(self) -> None:
        """Drop the weights and all that depends on them; the model cannot draw any more."""
        self.pipeline, self._base, self._loras, self._finisher = None, None, None, None
        self._siblings.clear()
        self.embeddings.clear()


def _make_preview(
    phase: str, *, step: int = 0, steps: int = 0, preview: Callable[[], bytes] | None = None
) -> None:
    if preview is not None:
        preview()
