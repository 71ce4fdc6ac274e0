"""Files of a trained LoRA: each layout holds the same change of the same weights."""

import json

import pytest
import torch
from safetensors.torch import load

from core.engine.training.export import TrainedLora, file_of
from core.errors import InvalidInput

RANK, ALPHA, WIDTH = 2, 4.0, 3
OUTPUTS = {"blocks.0.to_q": 2, "blocks.0.to_k": 4, "blocks.0.to_v": 2, "blocks.0.out": 3}
NAMES = {
    "double.#.qkv": ("blocks.#.to_q", "blocks.#.to_k", "blocks.#.to_v"),
    "double.#.proj": ("blocks.#.out",),
}


def trained(*layers: str) -> TrainedLora:
    """A LoRA of some layers with matrices of their own."""
    noise = torch.Generator().manual_seed(5)
    state = {}
    for layer in layers:
        state[f"{layer}.lora_A.weight"] = torch.randn(RANK, WIDTH, generator=noise)
        state[f"{layer}.lora_B.weight"] = torch.randn(OUTPUTS[layer], RANK, generator=noise)
    peft = {"r": RANK, "lora_alpha": ALPHA}
    return TrainedLora(state, peft, "transformer", NAMES, OUTPUTS)


def change(lora: TrainedLora, layer: str) -> torch.Tensor:
    """The change of a layer's weights; zero where it was not trained."""
    up = lora.state.get(f"{layer}.lora_B.weight")
    if up is None:
        return torch.zeros(OUTPUTS[layer], WIDTH)
    return up @ lora.state[f"{layer}.lora_A.weight"] * lora.scale


@pytest.mark.parametrize("left_out", [(), ("blocks.0.to_k",), ("blocks.0.to_q", "blocks.0.out")])
def test_layers_that_the_original_network_joins_keep_their_change(
    left_out: tuple[str, ...],
) -> None:
    lora = trained(*(layer for layer in OUTPUTS if layer not in left_out))
    joined = torch.cat([change(lora, f"blocks.0.to_{part}") for part in "qkv"])
    kohya = load(file_of(lora, "kohya", {}))
    stem = "lora_unet_double_0_qkv"
    down, up = kohya[f"{stem}.lora_down.weight"], kohya[f"{stem}.lora_up.weight"]
    torch.testing.assert_close(up @ down * (kohya[f"{stem}.alpha"] / down.shape[0]), joined)
    original = load(file_of(lora, "bfl", {}))
    stem = "diffusion_model.double.0.qkv"
    product = original[f"{stem}.lora_B.weight"] @ original[f"{stem}.lora_A.weight"]
    torch.testing.assert_close(product, joined)
    assert not [name for name in original if name.endswith("alpha")]


def test_the_layout_of_diffusers_keeps_names_and_writes_the_scale_down() -> None:
    lora = trained("blocks.0.out")
    data = file_of(lora, "diffusers", {"title": "robots"})
    tensors = load(data)
    assert set(tensors) == {f"transformer.{key}" for key in lora.state}
    size = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + size])["__metadata__"]
    assert metadata["title"] == "robots"
    settings = json.loads(metadata["lora_adapter_metadata"])
    assert settings == {"transformer.r": RANK, "transformer.lora_alpha": ALPHA}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_matrices_are_stored_in_the_precision_of_the_request(dtype: str) -> None:
    tensors = load(file_of(trained("blocks.0.out"), "kohya", {}, dtype))  # type: ignore[arg-type]
    assert {tensor.dtype for tensor in tensors.values()} == {getattr(torch, dtype)}


@pytest.mark.parametrize("layout", ["kohya", "bfl"])
def test_a_layout_that_cannot_hold_the_matrices_refuses_them(layout: str) -> None:
    lora = trained("blocks.0.out")
    lora.state["blocks.0.out.lora_magnitude_vector"] = torch.ones(3)  # type: ignore[index]
    with pytest.raises(InvalidInput, match="DoRA"):
        file_of(lora, layout, {})  # type: ignore[arg-type]
    assert file_of(lora, "diffusers", {})
