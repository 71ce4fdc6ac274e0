"""The weights of a pipeline as memory holds them: sizes and number formats."""

from __future__ import annotations

from typing import Any

import torch

from core.models.fit.fit import GGUF
from core.models.fit.plans import MemoryPlan
from core.models.library.model import Model
from core.models.weights import precision


def sizes_of(pipeline: Any) -> dict[int, int]:
    """Bytes of each tensor by its identity; empty for None."""
    components = {} if pipeline is None else pipeline.components
    return {
        id(tensor): tensor.numel() * tensor.element_size()
        for part in components.values()
        if isinstance(part, torch.nn.Module)
        for tensor in part.state_dict(keep_vars=True).values()
    }


def precision_of(model: Model, pipeline: Any, plan: MemoryPlan) -> dict[str, str]:
    """The number format of each network, as it is held now."""
    formats = {}
    for name, part in pipeline.components.items():
        if isinstance(part, torch.nn.Module):
            dtype = str(next(part.parameters()).dtype).removeprefix("torch.")
            formats[name] = plan.formats.get(name) or dtype
    core = model.family.core
    for file in model.weights.get(core, ()):
        if file.header.format == GGUF:  # it stays packed
            formats[core] = precision.precision_of(file.tensors, GGUF)
    return formats
