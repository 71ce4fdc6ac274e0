"""NF4 storage: linear layers of a loaded network as 4-bit layers of bitsandbytes.

The network is quantized after it was read, so any layout of files can be stored as NF4, and layer
by layer, so the device holds one wide layer at a time. bitsandbytes also runs without a GPU.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch

from core.models.fit.wide import BLOCK

# The head of a text encoder is often the same tensor as its embedding, which stays wide.
_WIDE = "lm_head"


def quantize(network: Any, kind: str) -> None:
    """Store the linear layers of `network` as NF4, once, computed on a device of this kind.

    The network stays on the processor. The packed weights carry the dtype of the network: T5 and
    the pipelines of diffusers cast their inputs to the dtype of a weight.
    """
    packed = _layers().Linear4bit
    if any(isinstance(layer, packed) for layer in network.modules()):
        return
    layers = [
        (name, layer)
        for name, layer in network.named_modules()
        if isinstance(layer, torch.nn.Linear)
        and layer.weight.numel() >= BLOCK
        and not name.endswith(_WIDE)
    ]
    for name, layer in layers:
        parent, _, own = name.rpartition(".")
        setattr(network.get_submodule(parent), own, _packed(layer, kind))
    network.is_loaded_in_4bit = True  # peft then puts its 4-bit layers around them


def _packed(layer: torch.nn.Linear, kind: str) -> Any:
    layers, dtype = _layers(), layer.weight.dtype
    packed = layers.Linear4bit(
        layer.in_features,
        layer.out_features,
        bias=layer.bias is not None,
        compute_dtype=dtype,
        quant_type="nf4",
        quant_storage=dtype,
        device="meta",
    )
    packed.weight = layers.Params4bit(
        layer.weight.data,
        requires_grad=False,
        quant_type="nf4",
        quant_storage=dtype,
        module=packed,
    )
    packed.bias = layer.bias
    del layer.weight  # the wide weight is freed as it is packed
    return packed.train(layer.training).to(kind).to("cpu")


def _layers() -> Any:
    """The layers of bitsandbytes, imported when they are needed: not every platform has it."""
    return importlib.import_module("bitsandbytes.nn")
