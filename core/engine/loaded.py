"""A model in memory, with what speeds it up: its text embeddings and its preview factors.

Drawing is done by the adapter that the model's record names; this module knows no family.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image

from core.engine.device import Device
from core.engine.embeddings import EmbeddingCache
from core.models.family import Preview
from core.models.model import Model

if TYPE_CHECKING:
    from core.operations.base import Report

# Not for adapters: how many pictures, and which model, is settled before one is drawn.
SETTLED = frozenset({"num_images", "seed"})
WARM_STEPS = 3  # enough for one preview
LARGE_ON_CPU = 500_000_000  # parameters


@dataclass(slots=True)
class Loaded:
    """A pipeline with its record. Implements `core.operations.base.LoadedModel`."""

    model: Model
    pipeline: Any
    device: Device
    preview: Preview
    embeddings: EmbeddingCache = field(default_factory=EmbeddingCache)

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

    def warm(self) -> None:
        """Make the slow first moves now: one small picture in few steps, thrown away.

        Not on a processor with a large model, where even that takes minutes.
        """
        if self.device.kind == "cpu" and self.model.parameter_count > LARGE_ON_CPU:
            return
        mode = next(iter(self.model.modes))
        quick = {**self.model.defaults(mode), "prompt": "", "num_inference_steps": WARM_STEPS}
        self.draw(mode, quick, seed=0, report=_look_only)

    def draw(self, mode: str, parameters: Mapping[str, Any], *, seed: int, report: Report) -> Image:
        """One picture; what the model has no use for is left out. Raises what `report` raises.

        Whatever ends it, the pipeline is left ready for the next call.
        """
        wanted = {
            name: parameters[name]
            for name in self.model.parameters(mode)
            if name in parameters and name not in SETTLED
        }
        module = importlib.import_module(f"core.engine.modes.{self.model.modes[mode].adapter}")
        try:
            picture: Image = getattr(module, mode)(self, seed=seed, report=report, **wanted)
        except BaseException:
            # Also a cancel: offloaded parts must go back before anything else runs.
            self.pipeline.maybe_free_model_hooks()
            raise
        return picture


def _look_only(
    phase: str, *, step: int = 0, steps: int = 0, preview: Callable[[], bytes] | None = None
) -> None:
    if preview is not None:
        preview()
