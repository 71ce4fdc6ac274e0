"""Linear layers with frozen weights that are stored narrow or in RAM, and can be trained through.

The hooks of diffusers exchange the weights of a layer after its forward pass, so the gradient would
meet other weights on its way back. These layers keep what is stored, and widen it for each product.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from diffusers.hooks.layerwise_casting import DEFAULT_SKIP_MODULES_PATTERN
from torch import nn
from torch.nn import functional

FP8 = torch.float8_e4m3fn


def freeze(network: Any, *, narrow: bool, streamed: bool) -> None:
    """Store the linear layers of a network once: in FP8 (`narrow`), and in RAM (`streamed`).

    Layers that diffusers keeps wide in FP8 stay as they are where `narrow` is set.
    """
    own = getattr(network, "_skip_layerwise_casting_patterns", None) or ()
    wide = (*DEFAULT_SKIP_MODULES_PATTERN, *own) if narrow else ()
    for name, layer in network.named_modules():
        if type(layer) is nn.Linear and not _named(name, wide):
            layer.__class__ = FrozenLinear
            layer.store(FP8 if narrow else layer.weight.dtype, streamed=streamed)


def _named(name: str, patterns: tuple[str, ...]) -> bool:
    return any(re.search(pattern, name) for pattern in patterns)


class FrozenLinear(nn.Linear):  # type: ignore[misc]  # torch is untyped here
    """A linear layer whose `weight` is a widened copy of what is stored, made at each access."""

    stored: torch.Tensor
    place: torch.Tensor

    def store(self, dtype: torch.dtype, *, streamed: bool) -> None:
        """Keep the weight in `dtype`; `streamed`: in RAM, whatever device the network moves to."""
        weight = self._parameters.pop("weight")
        assert weight is not None
        data = weight.detach().to(dtype)
        # An empty tensor follows the network: it has the device and the format of the products.
        self.register_buffer("place", torch.empty(0, dtype=weight.dtype), persistent=False)
        if streamed:
            self.__dict__["stored"] = data
        else:
            self.register_buffer("stored", data)

    @property
    def weight(self) -> torch.Tensor:
        """The weight as it computes."""
        return self.stored.to(self.place.device, self.place.dtype)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """The product with the widened weight."""
        result: torch.Tensor = _Product.apply(input, self)
        return result if self.bias is None else result + self.bias.to(result.dtype)


class _Product(torch.autograd.Function):  # type: ignore[misc]  # torch is untyped here
    """`input @ weight.T`, which keeps no widened weight for the way back."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor, layer: FrozenLinear) -> torch.Tensor:
        ctx.layer, ctx.dtype = layer, input.dtype
        return functional.linear(input, layer.weight)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return (gradient @ ctx.layer.weight.to(gradient.dtype)).to(ctx.dtype), None
