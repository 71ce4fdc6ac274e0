"""LoRA files of every layout and algorithm, with the change of each weight computed by hand.

A file is made for a network under original names or diffusers' names. The change that it stands
for is a tensor of the weight's shape, computed here from the formulas of the algorithms alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

State = dict[str, torch.Tensor]
Make = Callable[[torch.Tensor, torch.Generator], tuple[State, torch.Tensor]]

RANK, ALPHA = 4, 6.0


def _random(random: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=random) / math.sqrt(shape[-1])


def _flat(weight: torch.Tensor) -> tuple[int, int]:
    return weight.shape[0], weight[0].numel()


def lora(weight: torch.Tensor, random: torch.Generator) -> tuple[State, torch.Tensor]:
    """Two matrices; of a convolution the first is one too."""
    ends = (1,) * (weight.ndim - 2)
    down = _random(random, RANK, *weight.shape[1:])
    up = _random(random, weight.shape[0], RANK, *ends)
    change = (up.flatten(1) @ down.flatten(1)).reshape(weight.shape)
    return {"down": down, "up": up}, change


def tucker(weight: torch.Tensor, random: torch.Generator) -> tuple[State, torch.Tensor]:
    """LoCon with a core; without a kernel an ordinary LoRA."""
    if weight.ndim < 4 or weight.shape[-1] == 1:
        return lora(weight, random)
    down = _random(random, RANK, weight.shape[1], 1, 1)
    up = _random(random, weight.shape[0], RANK, 1, 1)
    core = _random(random, RANK, RANK, *weight.shape[2:])
    change = torch.einsum("or,rsxy,sc->ocxy", up[..., 0, 0], core, down[..., 0, 0])
    return {"down": down, "up": up, "mid": core}, change


def loha(weight: torch.Tensor, random: torch.Generator) -> tuple[State, torch.Tensor]:
    """The product, element by element, of two changes of low rank."""
    rows, columns = _flat(weight)
    state = {}
    for factor in ("w1", "w2"):
        state[f"hada_{factor}_a"] = _random(random, rows, RANK)
        state[f"hada_{factor}_b"] = _random(random, RANK, columns)
    first, second = (state[f"hada_{f}_a"] @ state[f"hada_{f}_b"] for f in ("w1", "w2"))
    return state, (first * second).reshape(weight.shape)


def _kronecker(
    weight: torch.Tensor, random: torch.Generator, *, whole: bool
) -> tuple[State, torch.Tensor]:
    rows, columns = weight.shape[0], weight.shape[1]
    a, b = (4 if rows % 4 == 0 else 1), (2 if columns % 2 == 0 else 1)
    first = _random(random, a, b)
    kernel = tuple(weight.shape[2:])
    inner = columns // b * math.prod(kernel)
    if whole:
        second = _random(random, rows // a, inner)
        state = {"lokr_w2": second.reshape(rows // a, columns // b, *kernel)}
    else:
        tall, wide = _random(random, rows // a, RANK), _random(random, RANK, inner)
        state, second = {"lokr_w2_a": tall, "lokr_w2_b": wide}, tall @ wide
    blocks = second.reshape(rows // a, columns // b, -1)
    change = torch.einsum("ab,cdk->acbdk", first, blocks).reshape(weight.shape)
    return {"lokr_w1": first, **state}, change


def lokr(weight: torch.Tensor, random: torch.Generator) -> tuple[State, torch.Tensor]:
    """A Kronecker product whose second factor is of low rank."""
    return _kronecker(weight, random, whole=False)


def whole_lokr(weight: torch.Tensor, random: torch.Generator) -> tuple[State, torch.Tensor]:
    """A Kronecker product of two whole factors."""
    return _kronecker(weight, random, whole=True)


@dataclass(frozen=True)
class Leaves:
    """The names of a layout: `prefix` before a module, `ends` for its matrices."""

    prefix: str
    ends: Mapping[str, str]
    flat: bool = False

    def key(self, module: str, matrix: str) -> str:
        """The name of a tensor."""
        name = module.replace(".", "_") if self.flat else module
        return f"{self.prefix}{name}.{self.ends.get(matrix, matrix)}"


_KOHYA = {"down": "lora_down.weight", "up": "lora_up.weight", "mid": "lora_mid.weight"}
_PEFT = {"down": "lora_A.weight", "up": "lora_B.weight"}
# `core` stands for the network's name in diffusers.
LAYOUTS: Mapping[str, Leaves] = {
    "kohya": Leaves("lora_unet_", _KOHYA, flat=True),
    "onetrainer": Leaves("lora_transformer_", _KOHYA, flat=True),
    "lycoris": Leaves("lycoris_", _KOHYA, flat=True),
    "diffusers": Leaves("core.", _PEFT),
    "diffusers, down and up": Leaves("core.", _KOHYA),
    "old diffusers": Leaves("core.", {"down": "lora.down.weight", "up": "lora.up.weight"}),
    "ai-toolkit": Leaves("diffusion_model.", _PEFT),
    "comfyui": Leaves("diffusion_model.", _KOHYA),
    "peft": Leaves("base_model.model.", _PEFT),
    "peft, named": Leaves(
        "base_model.model.", {"down": "lora_A.default.weight", "up": "lora_B.default.weight"}
    ),
    "bare": Leaves("", _PEFT),
}
ALGORITHMS: Mapping[str, Make] = {
    "LoRA": lora,
    "LoCon": tucker,
    "LoHa": loha,
    "LoKr": lokr,
    "whole LoKr": whole_lokr,
}


def write(
    weights: Mapping[str, torch.Tensor], core: str, leaves: Leaves, make: Make, *, alpha: bool
) -> tuple[State, State]:
    """The tensors of a file for these weights, and the change of each weight.

    `core` is the network's name in diffusers; without `alpha` the scale is 1.
    """
    random = torch.Generator().manual_seed(0)
    tensors, changes = {}, {}
    prefix = leaves.prefix.replace("core.", f"{core}.")
    for name, weight in weights.items():
        module = name.removesuffix(".weight")
        matrices, change = make(weight, random)
        for matrix, tensor in matrices.items():
            key = Leaves(prefix, leaves.ends, leaves.flat).key(module, matrix)
            tensors[key] = tensor.contiguous()
        if alpha:
            tensors[Leaves(prefix, {}, leaves.flat).key(module, "alpha")] = torch.tensor(ALPHA)
        scaled = alpha and "lokr_w2" not in matrices  # whole factors have no scale
        changes[name] = change * (ALPHA / RANK if scaled else 1)
    return tensors, changes
