"""Files of a trained LoRA: the keys of diffusers, of kohya and of the original networks.

Layouts and their traps: docs/training.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import save

from core.engine.training.adapters.base import Adapter
from core.engine.training.layers import ADAPTER
from core.errors import InvalidInput
from core.models.families.lora_names import Names
from core.training.configuration.sections import Layout, Stored

State = dict[str, torch.Tensor]
_LOKR = ".lokr_"


@dataclass(frozen=True, slots=True)
class TrainedLora:
    """The trained matrices under the network's own names, with PEFT's configuration."""

    state: State
    peft: Mapping[str, Any]
    component: str
    names: Names
    outputs: Mapping[str, int]

    @property
    def scale(self) -> float:
        """The factor of the product of the matrices."""
        alpha = self.peft.get("lora_alpha", self.peft.get("alpha", self.peft["r"]))
        return float(alpha) / int(self.peft["r"])

    @property
    def plain(self) -> bool:
        """True for a LoRA of two matrices, which every layout can hold."""
        return all(".lora_A." in key or ".lora_B." in key for key in self.state)


def trained_lora(adapter: Adapter) -> TrainedLora:
    """The matrices as they are now, on the processor, in float32."""
    from peft import get_peft_model_state_dict

    network = adapter.network
    state = get_peft_model_state_dict(network, adapter_name=ADAPTER)
    peft = {
        key: sorted(value) if isinstance(value, set) else value
        for key, value in network.peft_config[ADAPTER].to_dict().items()
    }
    layers = {key.split(".lora_")[0].split(_LOKR)[0] for key in state}
    peft["target_modules"] = sorted(layers)
    outputs = {name: layer.out_features for name, layer in _linears(network)}
    family = adapter.loaded.model.family
    copied = {key: tensor.detach().float().cpu().clone() for key, tensor in state.items()}
    return TrainedLora(copied, peft, family.core, family.lora.names, outputs)


def file_of(
    lora: TrainedLora, layout: Layout, metadata: Mapping[str, str], dtype: Stored = "float32"
) -> bytes:
    """A safetensors file. Raises `InvalidInput` for a layout that cannot hold the LoRA."""
    if layout != "diffusers" and not lora.plain:
        raise InvalidInput(
            f"DoRA and LoKr are saved in the layout `diffusers`, not `{layout}`.",
            field="output.layouts",
        )
    tensors, more = tensors_of(lora, layout)
    kind = getattr(torch, dtype)
    stored = {name: tensor.to(kind).contiguous() for name, tensor in tensors.items()}
    data: bytes = save(stored, {**metadata, **more})
    return data


def tensors_of(lora: TrainedLora, layout: Layout) -> tuple[State, dict[str, str]]:
    """The tensors of a layout by key, and the metadata without which readers guess the scale."""
    if layout == "diffusers":
        return _diffusers(lora)
    return dict(_kohya(lora) if layout == "kohya" else _original(lora)), {}


def _linears(network: Any) -> Iterator[tuple[str, Any]]:
    """The layers of a network with outputs, below any adapter, by the network's own names."""
    for name, layer in network.named_modules():
        if hasattr(layer, "out_features") and ".lora_" not in name:
            yield name.removesuffix(".base_layer"), layer


def _diffusers(lora: TrainedLora) -> tuple[State, dict[str, str]]:
    """Keys of diffusers; PEFT's settings, without which readers guess the scale, as metadata."""
    settings = {f"{lora.component}.{key}": value for key, value in lora.peft.items()}
    text = json.dumps(settings, default=str, sort_keys=True)
    tensors = {}
    for key, tensor in lora.state.items():
        if key.endswith((".lokr_w1", ".lokr_w1_a")):
            tensor = tensor * lora.scale  # LoKr readers take no scale from metadata
        tensors[f"{lora.component}.{key}"] = tensor
    return tensors, {"lora_adapter_metadata": text}


@dataclass(frozen=True, slots=True)
class _Fused:
    """The matrices of one module of the original network; `parts` of its rows were trained."""

    name: str
    down: torch.Tensor
    up: torch.Tensor
    parts: int


def _fused(lora: TrainedLora) -> Iterator[_Fused]:
    """The modules of the original network; those that diffusers splits are joined again."""
    ending = ".lora_A.weight"
    left = {key.removesuffix(ending) for key in lora.state if key.endswith(ending)}
    for original, targets in lora.names.items():
        pattern = re.compile(re.escape(targets[0]).replace(r"\#", r"(\d+)").replace("#", r"(\d+)"))
        numbers = [m.groups() for name in lora.outputs if (m := pattern.fullmatch(name))]
        for groups in numbers:
            layers = [numbered(name, groups) for name in targets]
            trained = [layer for layer in layers if layer in left]
            if trained and all(layer in lora.outputs for layer in layers):
                left -= set(trained)
                yield _joined(lora, numbered(original, groups), layers, trained)
    for layer in sorted(left):  # named as in diffusers, such as the layers of a UNet
        yield _joined(lora, layer, [layer], [layer])


def _joined(lora: TrainedLora, name: str, layers: list[str], trained: list[str]) -> _Fused:
    """A's stacked, B's block-diagonal: the products stay those of the single layers."""
    downs = [lora.state[f"{layer}.lora_A.weight"] for layer in trained]
    ranks = [down.shape[0] for down in downs]
    up = torch.zeros(sum(lora.outputs.get(layer, 0) for layer in layers), sum(ranks))
    if len(layers) == 1:
        return _Fused(name, downs[0], lora.state[f"{layers[0]}.lora_B.weight"], 1)
    row = column = 0
    for layer in layers:
        if layer in trained:
            block = lora.state[f"{layer}.lora_B.weight"]
            up[row : row + block.shape[0], column : column + block.shape[1]] = block
            column += block.shape[1]
        row += lora.outputs[layer]
    return _Fused(name, torch.cat(downs), up, len(trained))


def numbered(name: str, groups: tuple[str, ...]) -> str:
    """A name with numbers in place of `#`, in their order."""
    for number in groups:
        name = name.replace("#", number, 1)
    return name


def _kohya(lora: TrainedLora) -> Iterator[tuple[str, torch.Tensor]]:
    """`lora_unet_…` with an alpha per module, which keeps the scale of joined ones."""
    for module in _fused(lora):
        stem = f"lora_unet_{module.name.replace('.', '_')}"
        yield f"{stem}.lora_down.weight", module.down
        yield f"{stem}.lora_up.weight", module.up
        yield f"{stem}.alpha", torch.tensor(lora.scale * module.down.shape[0])


def _original(lora: TrainedLora) -> Iterator[tuple[str, torch.Tensor]]:
    """`diffusion_model.…`; the scale is in the matrices, because readers refuse an alpha."""
    for module in _fused(lora):
        stem = f"diffusion_model.{module.name}"
        yield f"{stem}.lora_A.weight", module.down
        yield f"{stem}.lora_B.weight", module.up * lora.scale
