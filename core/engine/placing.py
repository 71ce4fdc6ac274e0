"""Place a pipeline by a memory plan, with diffusers' offloading and casting.

The project's tests check the arguments, and group offload from processor to processor, but run
without a GPU.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from core.engine.frozen import freeze
from core.engine.nf4 import quantize
from core.models.fit.plans import MemoryPlan

FP8 = torch.float8_e4m3fn
# Layers of T5 that cast their activations to the dtype of the weight of `wo`.
_FEED_FORWARD = "DenseReluDense"
# Layers that stay wide: the head is the same tensor as the embedding, and no prompt is an image.
_WIDE = ("embed", "norm", "shared", "lm_head", "vision", "visual")


def place(pipeline: Any, plan: MemoryPlan, kind: str, trained: str = "") -> Any:
    """Place `pipeline` by `plan` on a device of this kind, ready to be called.

    Placing it again installs the hooks that are gone and changes nothing else. `trained` names the
    part that layers are trained in: a gradient must find its weights on its way back.
    """
    if plan.tiling:
        pipeline.vae.enable_tiling()
    streamed = plan.placement == "group_offload"
    if trained and (streamed or plan.formats.get(trained) == "fp8"):
        narrow = plan.formats.get(trained) == "fp8"
        freeze(getattr(pipeline, trained), narrow=narrow, streamed=streamed)
    for name, form in plan.formats.items():
        if form == "fp8" and name != trained:
            cast(getattr(pipeline, name))
        elif form == "nf4":
            quantize(getattr(pipeline, name), kind)
    if plan.placement == "device":
        return pipeline.to(kind)
    if plan.placement == "model_offload" or trained:
        pipeline.enable_model_cpu_offload(device=kind)
    elif not any(has_hook(part, "group_offloading") for part in networks(pipeline)):
        pipeline.enable_group_offload(**groups(kind))
    return pipeline


def networks(pipeline: Any) -> list[torch.nn.Module]:
    """The networks of a pipeline."""
    return [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]


def has_hook(network: torch.nn.Module, name: str) -> bool:
    """True where a layer of the network has diffusers' hook of this name."""
    registries = (getattr(layer, "_diffusers_hook", None) for layer in network.modules())
    return any(registry and registry.get_hook(name) for registry in registries)


def install_hooks(pipeline: Any, plan: MemoryPlan, kind: str) -> None:
    """Install the hooks of a second pipeline around the same parts, where hooks need them."""
    if plan.placement == "model_offload":
        pipeline.enable_model_cpu_offload(device=kind)


def groups(kind: str) -> dict[str, Any]:
    """Arguments of group offload; layers are copied while others compute, where possible."""
    return {
        "onload_device": torch.device(kind),
        "offload_device": torch.device("cpu"),
        "offload_type": "leaf_level",
        "use_stream": kind == "cuda",
        # Pinning everything doubles the RAM that a large model takes.
        "low_cpu_mem_usage": kind == "cuda",
    }


def cast(module: Any) -> None:
    """Store a network's weights in FP8, once; each layer is widened while it computes."""
    if has_hook(module, "layerwise_casting"):
        return
    dtype = module.dtype
    if hasattr(module, "enable_layerwise_casting"):
        module.enable_layerwise_casting(storage_dtype=FP8, compute_dtype=dtype)
        return
    from diffusers.hooks import apply_layerwise_casting

    # Text encoders of transformers have no such method; embeddings and norms stay as they are.
    apply_layerwise_casting(
        module,
        storage_dtype=FP8,
        compute_dtype=dtype,
        skip_modules_pattern=_WIDE,
    )
    for name, layer in module.named_modules():
        if name.endswith(_FEED_FORWARD):
            layer.register_forward_pre_hook(partial(_widen_output, dtype))


def _widen_output(dtype: torch.dtype, layer: Any, _: Any) -> None:
    """Widen the last weight of a feed-forward layer early; its own hook stores it in FP8 again."""
    last = layer.wo
    (last.get_base_layer() if hasattr(last, "get_base_layer") else last).to(dtype)
