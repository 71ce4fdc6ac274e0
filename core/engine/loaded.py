"""A model in memory: one set of weights behind the pipelines of all its modes.

Drawing is done by the adapter that the model's record names; this module knows no family.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import diffusers
import torch
from PIL.Image import Image

from core.engine import schedule
from core.engine.device import Device
from core.engine.embeddings import EmbeddingCache
from core.engine.order import Order
from core.models.family import Preview
from core.models.model import Model

if TYPE_CHECKING:
    from core.operations.base import Report

WARM_STEPS = 3  # enough for one preview
LARGE_ON_CPU = 500_000_000  # parameters


@dataclass(slots=True)
class Loaded:
    """A model's weights with its record. Implements `core.operations.base.LoadedModel`.

    `pipeline` is the one it was loaded as; `preview` is None where nobody could measure factors.
    """

    model: Model
    pipeline: Any
    device: Device
    preview: Preview | None = None
    embeddings: EmbeddingCache = field(default_factory=EmbeddingCache)
    _base: Any = None
    _siblings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._base = self.pipeline.scheduler
        self._siblings[type(self.pipeline).__name__] = self.pipeline

    @property
    def bytes(self) -> int:
        """Memory of the weights, bytes."""
        modules = [
            part for part in self.pipeline.components.values() if isinstance(part, torch.nn.Module)
        ]
        return sum(
            tensor.numel() * tensor.element_size()
            for module in modules
            for tensor in module.state_dict().values()
        )

    @property
    def voice(self) -> Hashable:
        """What changes when the same text would be encoded differently."""
        return None

    def pipeline_of(self, mode: str) -> Any:
        """The pipeline of a mode. All of them hold the very same weights."""
        name = self.model.modes[mode].pipeline
        if name not in self._siblings:
            self._siblings[name] = sibling(self.pipeline, getattr(diffusers, name))
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

    def draw(self, mode: str, parameters: Mapping[str, Any], *, seed: int, report: Report) -> Image:
        """One picture; what the model has no use for is left out. Raises what `report` raises.

        Whatever ends it, the pipeline is left ready for the next call.
        """
        known = self.model.parameters(mode)
        order = Order.of(mode, parameters, known, seed=seed, report=report)
        adapter = importlib.import_module(f"core.engine.modes.{self.model.modes[mode].adapter}")
        try:
            picture: Image = getattr(adapter, mode)(self, order)
        except BaseException:
            # Also a cancel: offloaded parts must go back before anything else runs.
            self.pipeline_of(mode).maybe_free_model_hooks()
            raise
        return picture


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
