"""Control LoRAs: they widen the input of a network for the latents of a control image.

Such a LoRA replaces the input layer and norms of the network that all pipelines share, so it is in
there for one call only. diffusers 0.42 undoes it just for all LoRAs together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file

from core.engine.adapters import computed_in, renew_group_hooks
from core.models.controls.kind import ControlKind
from core.models.library.control_file import ControlFile

if TYPE_CHECKING:
    pass

_WRAPPED = ("transformer.", "diffusion_model.", "model.diffusion_model.")
# Norms of the original layout → diffusers' names.
_NORMS = (
    (r"double_blocks\.(\d+)\.img_attn\.norm\.(query|key)_norm\.scale", r"attn.norm_", False),
    (r"double_blocks\.(\d+)\.txt_attn\.norm\.(query|key)_norm\.scale", r"attn.norm_added_", False),
    (r"single_blocks\.(\d+)\.norm\.(query|key)_norm\.scale", r"attn.norm_", True),
)


class ControlLora:
    """The tensors of a control LoRA, on the processor. `layer` is the input that it widens."""

    def __init__(self, path: Path, layer: str) -> None:
        tensors = load_file(path)
        self.path = path
        self._layer = layer
        self._norms = {name: t for key, t in tensors.items() if (name := _norm(key))}
        self.matrices = {key: t for key, t in tensors.items() if _norm(key) is None}

    def to(self, _device: str) -> ControlLora:
        """Itself: the tensors are copied into the network for each call."""
        return self

    def state_dict(self, *, keep_vars: bool = True) -> dict[str, torch.Tensor]:
        """All tensors."""
        assert keep_vars
        return {**self.matrices, **self._norms}

    @contextmanager
    def widening(self, network: Any) -> Iterator[None]:
        """The network with the input layer and norms of this LoRA, within the block."""
        held = network.get_submodule(self._layer)
        base = held.get_base_layer() if hasattr(held, "get_base_layer") else held
        norms = {name: network.get_parameter(name) for name in self._norms}
        before = {name: norm.detach().clone() for name, norm in norms.items()}
        channels = network.config.in_channels
        wide = _widened(network, base, 2 * channels)
        try:
            setattr(network, self._layer, wide)
            network.register_to_config(in_channels=wide.in_features)
            _copy(norms, self._norms)
            yield
        finally:
            setattr(network, self._layer, held)
            network.register_to_config(in_channels=channels)
            _copy(norms, before)
            renew_group_hooks(network)


def load_control_lora(file: ControlFile) -> ControlLora:
    """The LoRA of a file."""
    kind: ControlKind = file.kind
    return ControlLora(file.weights[0].path, kind.widens)


def _norm(key: str) -> str | None:
    """The name of a norm in the network; None for another tensor."""
    for prefix in _WRAPPED:
        key = key.removeprefix(prefix)
    if re.search(r"\.norm_(?:added_)?[qk]\.weight$", key):
        return key
    for pattern, name, single in _NORMS:
        if hit := re.fullmatch(pattern, key):
            blocks = "single_transformer_blocks" if single else "transformer_blocks"
            return f"{blocks}.{hit[1]}.{name}{hit[2][0]}.weight"
    return None


def _widened(network: Any, layer: Any, inputs: int) -> torch.nn.Linear:
    """A copy of a linear layer for more inputs: those without a weight count nothing."""
    from diffusers.loaders.lora_pipeline import _maybe_dequantize_weight_for_expanded_lora

    weight = _maybe_dequantize_weight_for_expanded_lora(network, layer).to(computed_in(network))
    wide = torch.nn.Linear(inputs, len(weight), layer.bias is not None, device="meta")
    filled = weight.new_zeros(len(weight), inputs)
    filled[:, : weight.shape[1]] = weight
    state = {"weight": filled}
    if layer.bias is not None:
        state["bias"] = layer.bias.detach().to(weight)
    wide.load_state_dict(state, assign=True)
    return wide.requires_grad_(False)


def _copy(norms: Mapping[str, torch.nn.Parameter], values: Mapping[str, torch.Tensor]) -> None:
    with torch.no_grad():
        for name, norm in norms.items():
            norm.copy_(values[name])
