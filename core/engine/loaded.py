"""A model in memory: one set of weights behind the pipelines of all its modes.

Drawing is done by the adapter that the model's record names; this module knows no family.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import logging
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import diffusers
import torch
from PIL.Image import Image

from core.engine import schedule
from core.engine.device import Device
from core.engine.embeddings import EmbeddingCache
from core.engine.loras import ActiveLoras, LoraRequest, inspected
from core.engine.placing import hold_again, place
from core.engine.render_request import RenderRequest
from core.errors import InvalidInput, ModelMissing, OutOfMemory
from core.models.families.family import Preview
from core.models.fit.fit import GGUF, fit_of
from core.models.fit.plans import GIB, Plan, below, plans
from core.models.library.model import Model
from core.models.weights.precision import precision_of

if TYPE_CHECKING:
    from core.operations.declaration.base import Report

log = logging.getLogger(__name__)

WARM_STEPS = 3  # enough for one preview
LARGE_ON_CPU = 500_000_000  # parameters


class Warn(Protocol):
    """How a model tells what the user should know although the picture is drawn."""

    def __call__(self, code: str, detail: str, field: str | None = None) -> None: ...


@dataclass(slots=True)
class Loaded:
    """A model's weights with its record. Implements `core.operations.declaration.base.LoadedModel`.

    `pipeline` is the one it was loaded as (None when it was lost while it was loaded again by a
    smaller plan: the pool then loads anew); `preview` is None where nobody could measure factors.
    `plan` says how it is held; `reload` loads it again by another plan, `find_lora` knows where a
    LoRA lies. Without them memory that runs out is final, and LoRAs come as files.
    """

    model: Model
    pipeline: Any
    device: Device
    preview: Preview | None = None
    embeddings: EmbeddingCache = field(default_factory=EmbeddingCache)
    plan: Plan = field(default_factory=lambda: plans("cpu", {})[0])
    reload: Callable[[Plan], Any] | None = None
    find_lora: Callable[[str], Path] | None = None
    used: float = field(default_factory=time.monotonic)
    _base: Any = None
    _siblings: dict[str, Any] = field(default_factory=dict)
    _wardrobe: ActiveLoras | None = None

    def __post_init__(self) -> None:
        self._take(self.pipeline)

    def _take(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        self._base = pipeline.scheduler
        self._siblings = {type(pipeline).__name__: pipeline}
        self._wardrobe = ActiveLoras(self.model, pipeline)

    @property
    def bytes(self) -> int:
        """Memory of the weights, bytes."""
        if self.pipeline is None:
            return 0
        modules = [
            part for part in self.pipeline.components.values() if isinstance(part, torch.nn.Module)
        ]
        return sum(
            tensor.numel() * tensor.element_size()
            for module in modules
            for tensor in module.state_dict().values()
        )

    @property
    def facts(self) -> Mapping[str, Any]:
        """See `LoadedModel`."""
        return {"precision": self._precision(), "memory_plan": self.plan.id}

    def _precision(self) -> dict[str, str]:
        """The number format of each network, as it is held now."""
        found = {}
        for name, part in self.pipeline.components.items():
            if isinstance(part, torch.nn.Module):
                plain = str(next(part.parameters()).dtype).removeprefix("torch.")
                found[name] = self.plan.formats.get(name) or plain
        core = self.model.family.core
        for file in self.model.weights.get(core, ()):
            if file.header.format == GGUF:  # it stays packed
                found[core] = precision_of(file.tensors, GGUF)
        return found

    def canvas(self, width: int, height: int) -> tuple[int, int]:
        """See `LoadedModel`."""
        return self.model.canvas(width, height)

    @property
    def voice(self) -> Hashable:
        """What changes when the same text would be encoded differently: the LoRAs worn."""
        return None if self._wardrobe is None else self._wardrobe.voice

    def pipeline_of(self, mode: str) -> Any:
        """The pipeline of a mode. All of them hold the very same weights."""
        name = self.model.modes[mode].pipeline
        if name not in self._siblings:
            made = sibling(self.pipeline, getattr(diffusers, name))
            hold_again(made, self.plan, self.device.kind)
            self._siblings[name] = made
        return self._siblings[name]

    def scheduler(self, sampler: str | None) -> Any:
        """A fresh scheduler: the checkpoint's own, or the named sampler. See `schedule.fresh`."""
        return schedule.fresh(self._base, sampler)

    def warm(self) -> None:
        """Make the slow first moves now: one small picture in few steps, thrown away.

        Not on a processor with a large model, where even that takes minutes, and not when the
        model cannot draw from words alone.
        """
        if self.device.kind == "cpu" and self.model.parameter_count > LARGE_ON_CPU:
            return
        if "generate" in self.model.modes:
            quick = {"prompt": "", "num_inference_steps": WARM_STEPS}
            parameters = {**self.model.defaults("generate"), **quick}
            self.draw("generate", parameters, seed=0, report=_look_only)

    def draw(
        self,
        mode: str,
        parameters: Mapping[str, Any],
        *,
        seed: int,
        report: Report,
        warn: Warn | None = None,
    ) -> Image:
        """One picture; what the model has no use for is left out. Raises what `report` raises.

        Whatever ends it, the pipeline is left ready for the next call. When memory runs out the
        model is loaded by the next smaller plan and the picture is tried once more.
        """
        known = self.model.parameters(mode)
        order = RenderRequest.of(mode, parameters, known, seed=seed, report=report)
        if self.model.modes[mode].references and order.image is not None:
            self.model.check_references(mode, len(order.references))
        skip = warn if parameters.get("lora_policy") == "skip" else None
        wanted = self._wanted(parameters.get("loras") or (), skip)
        self.used = time.monotonic()
        try:
            return self._drawn(order, wanted, warn)
        except BaseException as error:
            # Whatever says that memory ran out; everything else goes on its way.
            if not ran_out(error):
                raise
            log.warning("%s ran out of memory by the plan %r", self.model.id, self.plan.id)
        # Here and not above: while the exception lives, its frames hold the tensors.
        self._step_down(order)
        if warn is not None:
            warn("memory_plan", f"Memory was short: {self.model.label} runs {self.plan.label}.")
        try:
            return self._drawn(order, wanted, warn)
        except BaseException as error:
            # As above.
            if not ran_out(error):
                raise
        raise self._too_large(order)

    def _drawn(
        self, order: RenderRequest, wanted: Sequence[LoraRequest], warn: Warn | None
    ) -> Image:
        adapter = importlib.import_module(
            f"core.engine.modes.{self.model.modes[order.mode].adapter}"
        )
        try:
            self._wear(wanted, warn)
            function = self.model.modes[order.mode].function or order.mode
            picture: Image = getattr(adapter, function)(self, order)
        except BaseException:
            # Also a cancel: offloaded parts must go back before anything else runs.
            self.pipeline_of(order.mode).maybe_free_model_hooks()
            raise
        return picture

    def _wanted(self, loras: Sequence[Any], skip: Warn | None) -> list[LoraRequest]:
        """LoRAs as operations name them (`{name, weight}`), found on disk; those that do not fit
        are left out where `skip` is to hear of it."""
        found = []
        for one in loras:
            try:
                wanted = one if isinstance(one, LoraRequest) else self._found(dict(one))
                if skip is not None:
                    inspected(wanted.path, self.model)
            except (InvalidInput, ModelMissing) as error:
                if skip is None:
                    raise
                skip("lora_skipped", f"A LoRA was left out: {error.detail}", error.field)
            else:
                found.append(wanted)
        return found

    def _found(self, named: Mapping[str, Any]) -> LoraRequest:
        assert self.find_lora is not None
        path = self.find_lora(str(named["name"]))
        return LoraRequest(path, float(named.get("weight", 1.0)))

    def _wear(self, wanted: Sequence[LoraRequest], warn: Warn | None) -> None:
        assert self._wardrobe is not None
        for worn in self._wardrobe.wear(wanted):
            log.info("%s", worn.sentence)
            if worn.partial and warn is not None:
                warn("lora_partial", f"{worn.sentence}; the rest has no effect.", "loras")
        if self._wardrobe.disturbed:
            place(self.pipeline, self.plan, self.device.kind)
            self._wardrobe.disturbed = False

    def _step_down(self, order: RenderRequest) -> None:
        """Let everything go and load the model by the next smaller plan. Raises `OutOfMemory`."""
        needs = fit_of(self.model, self.device.room(), order.width, order.height).needs
        current = next((one for one, _ in needs if one.id == self.plan.id), None)
        lower = None if current is None else below(current, needs)
        if lower is None or self.reload is None:
            raise self._too_large(order)
        self.pipeline, self._base, self._wardrobe = None, None, None
        self._siblings.clear()
        self.embeddings.clear()
        gc.collect()
        self.device.free_caches()
        self.plan = lower
        self._take(self.reload(lower))

    def _too_large(self, order: RenderRequest) -> OutOfMemory:
        room = self.device.room()
        needs = fit_of(self.model, room, order.width, order.height).needs
        least = min((one.device for _, one in needs), default=0)
        return OutOfMemory(
            f"{self.model.label} needs at least {least / GIB:.1f} GB for {order.width}×"
            f"{order.height}; {room.free / GIB:.1f} GB are free."
        )


def ran_out(error: BaseException) -> bool:
    """Whether memory ran out, on the device or on the machine."""
    if isinstance(error, MemoryError | OutOfMemory | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def sibling(pipeline: Any, kind: type[Any]) -> Any:
    """A pipeline of another class around the same parts and settings; nothing is copied or cast."""
    if type(pipeline) is kind:
        return pipeline
    parts = {}
    for name in list(inspect.signature(kind.__init__).parameters)[1:]:
        if name in pipeline.components:
            parts[name] = pipeline.components[name]
        elif name in pipeline.config:
            parts[name] = pipeline.config[name]
    made = kind(**parts)
    made.set_progress_bar_config(disable=True)
    return made


def _look_only(
    phase: str, *, step: int = 0, steps: int = 0, preview: Callable[[], bytes] | None = None
) -> None:
    if preview is not None:
        preview()
