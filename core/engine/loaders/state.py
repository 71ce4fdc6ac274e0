"""The tensors of a weights file, under the network's names, in a format to compute in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import safe_open

State = dict[str, torch.Tensor]

# Prefixes that tools put before every name of a network in a file of its own.
WRAPPERS = ("model.diffusion_model.", "diffusion_model.", "transformer.", "module.", "model.")
FP8 = (torch.float8_e4m3fn, torch.float8_e5m2)
# Scales of FP8 files: per tensor or row, and per square of 128 numbers as Qwen publishes them.
_SCALES = ("weight_scale", "scale_weight")
_SQUARES = "weight_scale_inv"
_SQUARE = 128
# Scales of activations are for kernels that compute in FP8, which are not used here.
_UNUSED = ("input_scale", "scale_input", "scaled_fp8")


def read_state(path: Path, prefixes: Sequence[str] = ()) -> State:
    """The tensors whose names begin with one of `prefixes`, without it; all when there is none.

    They stay on disk (mapped) until they are used.
    """
    with safe_open(str(path), framework="pt") as file:
        names = list(file.keys())
        if not prefixes:
            prefixes = (wrapper(names),)
        return {
            name.removeprefix(prefix): file.get_tensor(name)
            for prefix in prefixes
            for name in names
            if name.startswith(prefix)
        }


def read_gguf(path: Path, dtype: torch.dtype) -> State:
    """The tensors of a GGUF file, dequantized to `dtype`."""
    from gguf import GGUFReader, dequantize  # needed for such files only

    return {
        tensor.name: torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy()).to(dtype)
        for tensor in GGUFReader(str(path)).tensors
    }


def wrapper(names: Sequence[str]) -> str:
    """The prefix that all names carry; empty when there is none."""
    for prefix in WRAPPERS:
        if all(name.startswith(prefix) for name in names if name not in _UNUSED):
            return prefix
    return ""


def expand(state: Mapping[str, torch.Tensor], dtype: torch.dtype) -> State:
    """FP8 weights times their scales, in `dtype`; everything else as it is."""
    expanded: State = {}
    for name, tensor in state.items():
        stem, _, last = name.rpartition(".")
        if last in _UNUSED or last in _SCALES or last == _SQUARES:
            continue
        if tensor.dtype not in FP8:
            expanded[name] = tensor
            continue
        keys = (f"{stem}.{scale}" for scale in _SCALES)
        scale = next((state[key] for key in keys if key in state), None)
        squares = state.get(f"{stem}.{_SQUARES}")
        expanded[name] = _scaled(tensor, scale, squares).to(dtype)
    return expanded


def _scaled(
    tensor: torch.Tensor, scale: torch.Tensor | None, squares: torch.Tensor | None
) -> torch.Tensor:
    numbers = tensor.to(torch.float32)
    if squares is not None:
        grown = squares.float().repeat_interleave(_SQUARE, 0).repeat_interleave(_SQUARE, 1)
        return numbers * grown[: numbers.shape[0], : numbers.shape[1]]
    if scale is None:
        return numbers
    scale = scale.float()
    if scale.dim() == 1 and scale.numel() == numbers.shape[0] > 1:
        scale = scale.view(-1, *(1,) * (numbers.dim() - 1))
    return numbers * scale
