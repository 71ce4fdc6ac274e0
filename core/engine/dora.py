"""The scaling of a DoRA, which gives the rows of a changed weight their trained magnitudes.

PEFT computes the changed weight in every call, from a base weight that FP8, NF4, GGUF and
offloading do not keep at hand. Here the lengths of its rows are computed once, as a function of the
LoRA's scale, so a call takes the layer's own output and a vector.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch

_SMALLEST = 1e-12  # of a squared length, which rounding may make negative


class Magnitudes:
    """A variant of PEFT's LoRA layers: `magnitude · (W + s · up @ down) / length`, by rows."""

    def __init__(self, layer: Any, name: str, magnitude: torch.Tensor) -> None:
        """For the adapter `name` of `layer`; `magnitude` has one element per row of its weight."""
        weight = wide_weight(layer.get_base_layer()).flatten(1)
        down, up = (
            matrices[name].weight.detach().float().flatten(1).to(weight.device)
            for matrices in (layer.lora_A, layer.lora_B)
        )
        self._magnitude = magnitude.float().flatten().to(weight.device)
        # |w + s·u|² = |w|² + 2s·w·u + s²·|u|², without computing u, which is as large as w.
        self._squares = (
            weight.square().sum(1),
            2 * (weight @ down.T * up).sum(1),
            (up @ (down @ down.T) * up).sum(1),
        )
        bias = layer.get_base_layer().bias
        self._bias = torch.zeros_like(self._magnitude) if bias is None else bias.detach().float()
        self._cached: tuple[Any, torch.Tensor, torch.Tensor] | None = None

    def forward(
        self, layer: Any, *, active_adapter: str, x: torch.Tensor, result: torch.Tensor, **_: Any
    ) -> torch.Tensor:
        """The layer's output, from its `result` without this adapter. A bias is not scaled."""
        scale = layer.scaling[active_adapter]
        change = layer.lora_B[active_adapter](layer.lora_A[active_adapter](x)) * scale
        factors, bias = self._vectors(scale, result)
        if isinstance(layer.get_base_layer(), torch.nn.Conv2d):
            factors, bias = factors[:, None, None], bias[:, None, None]
        return (result - bias + change) * factors + bias

    def _vectors(self, scale: float, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The factors and biases of the rows, in dtype and on the device of `like`."""
        key = (scale, like.dtype, like.device)
        if self._cached is None or self._cached[0] != key:
            own, mixed, added = self._squares
            squares = own + scale * mixed + scale**2 * added
            factors = self._magnitude / squares.clamp_min(_SMALLEST).sqrt()
            self._cached = key, factors.to(like), self._bias.to(like)
        return self._cached[1:]


def wide_weight(layer: Any) -> torch.Tensor:
    """The weight of a layer in float32, from any format that networks are held in."""
    weight = layer.weight
    if getattr(weight, "quant_state", None) is not None:
        functional = importlib.import_module("bitsandbytes.functional")
        weight = functional.dequantize_4bit(weight.data, weight.quant_state)
    elif hasattr(weight, "quant_type"):
        quantizer = importlib.import_module("diffusers.quantizers.gguf.utils")
        weight = quantizer.dequantize_gguf_tensor(weight)
    wide: torch.Tensor = weight.detach().float()
    return wide
