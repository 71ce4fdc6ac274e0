"""The layers of a LoRA in the networks of a pipeline, as adapters of PEFT.

diffusers loads those of the denoising network. Those of text encoders are put in here, because it
loads them for CLIP only.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import torch

from core.engine.dora import Magnitudes
from core.engine.lora_weights import LoraWeights


def networks(pipeline: Any) -> dict[str, torch.nn.Module]:
    """The networks of a pipeline by component."""
    return {
        name: part
        for name, part in pipeline.components.items()
        if isinstance(part, torch.nn.Module)
    }


def insert(pipeline: Any, core: str, weights: LoraWeights, name: str) -> None:
    """Put a LoRA into the networks as the adapter `name`, before its weight is set.

    A failure leaves layers behind, which `delete_adapters` of the pipeline removes.
    """
    parts = networks(pipeline)
    components = tuple(dict.fromkeys(component for component, _ in weights.alphas))
    for component in components:
        state = {key: t for key, t in weights.state.items() if key.startswith(f"{component}.")}
        if component == core:
            pipeline.load_lora_weights(state, adapter_name=name)
        else:
            _register(pipeline, component)
            own = {key.removeprefix(f"{component}."): tensor for key, tensor in state.items()}
            _insert_into_encoder(parts[component], own, name)
    # Once per network: `dtype` of diffusers goes through all of its layers.
    dtypes = {component: computed_in(parts[component]) for component in components}
    for (component, path), alpha in weights.alphas.items():
        layer = parts[component].get_submodule(path)
        layer.lora_alpha[name] = alpha
        _refill(layer, f"{component}.{path}", weights, name, dtypes[component])
        _complete(layer, (component, path), weights, name)
    for network in parts.values():
        renew_group_hooks(network)


def _register(pipeline: Any, component: str) -> None:
    """Make diffusers switch and delete the adapters of this component too."""
    if component not in pipeline._lora_loadable_modules:
        pipeline._lora_loadable_modules = [*pipeline._lora_loadable_modules, component]


def _insert_into_encoder(encoder: Any, state: dict[str, torch.Tensor], name: str) -> None:
    from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict

    ending = ".lora_B.weight"
    ranks = {key[: -len(ending)]: t.shape[1] for key, t in state.items() if key.endswith(ending)}
    config = LoraConfig(
        # As a list, each would stand for all layers whose path ends with it.
        target_modules="|".join(map(re.escape, ranks)),
        rank_pattern={f"^{re.escape(layer)}": rank for layer, rank in ranks.items()},
        lora_bias=any(key.endswith(".bias") for key in state),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a second adapter in one network
        inject_adapter_in_model(config, encoder, name, low_cpu_mem_usage=True)
    encoder._hf_peft_config_loaded = True
    set_peft_model_state_dict(encoder, state, name, low_cpu_mem_usage=True)
    encoder.eval().requires_grad_(False)


def computed_in(network: Any) -> torch.dtype:
    """The dtype that a network computes in, also where its weights are stored in FP8."""
    dtype: torch.dtype = network.dtype
    return dtype if dtype.itemsize > 1 else torch.bfloat16


def _refill(layer: Any, stem: str, weights: LoraWeights, name: str, dtype: torch.dtype) -> None:
    """Restore what peft rounded: beside weights stored in FP8 it stores an adapter in FP8 too."""
    for leaf in ("lora_A", "lora_B"):
        part = getattr(layer, leaf)[name]
        if part.weight.dtype.itemsize < 2:
            part.to(dtype)
            for key, tensor in part.named_parameters():
                tensor.data.copy_(weights.state[f"{stem}.{leaf}.{key}"])


def _complete(layer: Any, place: tuple[str, str], weights: LoraWeights, name: str) -> None:
    """Give a layer of the adapter what no state dict holds."""
    if place in weights.kroneckers:
        held = layer.lora_A[name].weight
        down, up = weights.kroneckers[place]
        layer.lora_A[name], layer.lora_B[name] = down.to(held), up.to(held)
    if place in weights.magnitudes:
        layer.lora_variant[name] = Magnitudes(layer, name, weights.magnitudes[place])


def renew_group_hooks(network: torch.nn.Module) -> None:
    """Let group offload move the new layers too, where the network has it."""
    from diffusers.hooks import group_offloading

    group_offloading._maybe_remove_and_reapply_group_offloading(network)
