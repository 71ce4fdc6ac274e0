"""A small LoRA of random numbers for a diffusers transformer, as PEFT writes one."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from core.models.weights.file import read_weights

RANK = 4
TAUGHT = ("attn.to_q", "attn.to_k", "attn.to_v", "attn.to_qkv_mlp_proj")


def write_lora(transformer: Path, target: Path, seed: int) -> None:
    """Write one for the network in this folder; other seeds, other numbers."""
    random = torch.Generator().manual_seed(seed)
    state = {}
    for file in transformer.glob("*.safetensors"):
        for name, tensor in read_weights(file).tensors.items():
            module = name.removesuffix(".weight")
            if module.endswith(TAUGHT):
                given, taken = tensor.shape
                stem = f"transformer.{module}"
                state[f"{stem}.lora_A.weight"] = torch.randn(RANK, taken, generator=random) / 10
                state[f"{stem}.lora_B.weight"] = torch.randn(given, RANK, generator=random) / 10
    save_file(state, target)
