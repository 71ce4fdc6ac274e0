"""Changes of layers as a LoRA file in the layouts of diffusers, kohya and the original networks."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from safetensors.torch import save

from core.engine.lab.factors import Changes, Factors
from core.engine.training.export import State, TrainedLora, numbered, tensors_of
from core.models.families.family import Family
from core.training.configuration.sections import Layout, Stored

_SQUARE = re.compile(r"(?:to_[qkv]|add_[qkv]_proj)$")
_HIDDEN = 4  # times the width: FLUX.1's hidden layer, which a joined module has beside attention
_CLIP = "encoder.layers."


def lora_file(
    changes: Changes,
    family: Family,
    layout: Layout,
    metadata: Mapping[str, str],
    dtype: Stored = "float16",
) -> bytes:
    """A safetensors file. The scale is in the matrices, so alpha equals the rank everywhere."""
    own = {name: f for (component, name), f in changes.items() if component == family.core}
    tensors: State = {}
    settings: dict[str, Any] = {}
    if own:
        trained = _trained(own if layout == "diffusers" else _swapped(own), family)
        tensors, _ = tensors_of(trained, layout)
        settings |= {f"{family.core}.{key}": value for key, value in trained.peft.items()}
    for component in dict.fromkeys(component for component, _ in changes):
        if component == family.core:
            continue
        encoder = {name: f for (part, name), f in changes.items() if part == component}
        tensors |= dict(_encoder(encoder, family, component, layout))
        settings |= {f"{component}.{key}": value for key, value in _peft(encoder).items()}
    kind = getattr(torch, dtype)
    # Copies: layers that the original network joins share a matrix, which files must not.
    stored = {name: tensor.to(kind, copy=True).contiguous() for name, tensor in tensors.items()}
    more = {"lora_adapter_metadata": json.dumps(settings)} if layout == "diffusers" else {}
    data: bytes = save(stored, {**metadata, **more})
    return data


def _trained(layers: Mapping[str, Factors], family: Family) -> TrainedLora:
    state: State = {}
    for name, factors in layers.items():
        state[f"{name}.lora_A.weight"], state[f"{name}.lora_B.weight"] = _shaped(factors)
    return TrainedLora(
        state, _peft(layers), family.core, family.lora.names, _outputs(layers, family)
    )


def _swapped(layers: Mapping[str, Factors]) -> dict[str, Factors]:
    """The layers with the halves of the last norms in the order of the original networks."""
    return {
        name: Factors(f.down, torch.cat(list(reversed(f.up.chunk(2)))), f.kernel)
        if name.endswith(".linear") and f.up.shape[0] == 2 * f.down.shape[1]
        else f
        for name, f in layers.items()
    }


def _shaped(factors: Factors) -> tuple[torch.Tensor, torch.Tensor]:
    """The matrices with the axes of their layer."""
    if not factors.kernel:
        return factors.down, factors.up
    down = factors.down.reshape(factors.rank, -1, *factors.kernel)
    return down, factors.up.reshape(*factors.up.shape, *(1 for _ in factors.kernel))


def _peft(layers: Mapping[str, Factors]) -> dict[str, Any]:
    """PEFT's settings for layers of several ranks whose scale is 1."""
    ranks = {name: factors.rank for name, factors in layers.items()}
    usual = Counter(ranks.values()).most_common(1)[0][0]
    others = {name: rank for name, rank in ranks.items() if rank != usual}
    return {
        "peft_type": "LORA",
        "r": usual,
        "lora_alpha": usual,
        "rank_pattern": others,
        "alpha_pattern": others,
        "target_modules": sorted(ranks),
    }


def _outputs(layers: Mapping[str, Factors], family: Family) -> dict[str, int]:
    """The outputs of the layers, and of those that the original networks join with them."""
    outputs = {name: factors.up.shape[0] for name, factors in layers.items()}
    for targets in family.lora.names.values():
        if len(targets) == 1:
            continue
        patterns = [t.replace(".", r"\.").replace("#", r"(\d+)") for t in targets]
        for name, factors in layers.items():
            matches = (re.fullmatch(pattern, name) for pattern in patterns)
            if match := next(filter(None, matches), None):
                for sibling in (numbered(target, match.groups()) for target in targets):
                    wide = 1 if _SQUARE.search(sibling) else _HIDDEN
                    outputs.setdefault(sibling, wide * factors.down.shape[1])
    return outputs


def _encoder(
    layers: Mapping[str, Factors], family: Family, component: str, layout: Layout
) -> Iterator[tuple[str, torch.Tensor]]:
    """Keys of a text encoder's layers, by the first prefix of its record that suits the layout."""
    prefixes = family.lora.prefixes[component]
    flat, plain, comfy = prefixes[0], f"{component}.", prefixes[-1]
    for name, factors in layers.items():
        down, up = _shaped(factors)
        full = f"text_model.{name}" if name.startswith(_CLIP) else name
        if layout == "kohya":
            stem = f"{flat}{full.replace('.', '_')}"
            yield f"{stem}.lora_down.weight", down
            yield f"{stem}.lora_up.weight", up
            yield f"{stem}.alpha", torch.tensor(float(factors.rank))
        else:
            stem = f"{plain if layout == 'diffusers' else comfy}{full}"
            yield f"{stem}.lora_A.weight", down
            yield f"{stem}.lora_B.weight", up
