"""Every layout and algorithm of LoRAs, for every family: the weights that result are those that the
file stands for, and recognition says so before."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

from core.engine.loras import ActiveLoras, adapter_name
from core.models.recognition.lora import refusal
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from tests.integration.engine import layouts, original_names
from tests.integration.engine.lora_files import ALGORITHMS, LAYOUTS, State, write
from tests.integration.engine.stand_in import model
from tests.integration.engine.tiny_models import tiny
from tests.shares import share

pytest.importorskip("peft")

ORIGINAL: Mapping[str, Callable[[Mapping[str, torch.Tensor]], State]] = {
    "flux1": original_names.flux1,
    "chroma": original_names.chroma,
    "flux2": layouts.flux2_original,
    "sd3": original_names.sd3,
    "sd15": original_names.unet,
    "sdxl": original_names.unet,
}
UNETS: Mapping[str, dict[str, Any]] = {
    "sd15": {"block_out_channels": (8, 8, 16, 16), "cross_attention_dim": 32, "attentive": "1110"},
    "sdxl": {"block_out_channels": (8, 8, 16), "cross_attention_dim": 64, "attentive": "011"},
}
# Each layout has a LoRA, these have every algorithm.
COMPLETE = ("kohya", "ai-toolkit")
PAIRS = [
    (layout, algorithm)
    for layout in LAYOUTS
    for algorithm in ALGORITHMS
    if algorithm == "LoRA" or layout in COMPLETE
]
WEIGHT_NAMES = [(name, naming) for name in ORIGINAL for naming in ("original", "diffusers")]
# Every pair for the weights of four of the twelve; of all in the thorough profile.
CASES = [
    (name, naming, layout, algorithm)
    for place, (name, naming) in enumerate(WEIGHT_NAMES)
    for layout, algorithm in share(PAIRS, place, 3)
    if algorithm != "LoCon" or (name in UNETS and "mid" in LAYOUTS[layout].ends)
]


def unet(block_out_channels: tuple[int, ...], cross_attention_dim: int, attentive: str) -> Any:
    """A UNet with as many levels and layers as the published ones."""
    down = ["CrossAttnDownBlock2D" if a == "1" else "DownBlock2D" for a in attentive]
    up = ["CrossAttnUpBlock2D" if a == "1" else "UpBlock2D" for a in reversed(attentive)]
    return UNet2DConditionModel(
        block_out_channels=block_out_channels,
        down_block_types=tuple(down),
        up_block_types=tuple(up),
        norm_num_groups=4,
        cross_attention_dim=cross_attention_dim,
        attention_head_dim=4,
    )


@pytest.fixture(scope="module")
def pipelines() -> dict[str, Any]:
    made = {name: tiny(name) for name in ORIGINAL}
    for name, config in UNETS.items():
        made[name].register_modules(unet=unet(**config))
    return made


def names_of(name: str, naming: str) -> Callable[[Mapping[str, torch.Tensor]], State]:
    return ORIGINAL[name] if naming == "original" else dict


def own_weights(network: Any) -> State:
    """The weights without those of adapters, under the names that they have without them."""
    return {
        key.replace(".base_layer.", "."): tensor.clone()
        for key, tensor in network.state_dict().items()
        if ".lora_" not in key
    }


def merged(network: Any, adapter: str) -> State:
    """The weights, with the changes that the layers of the adapter compute."""
    result = own_weights(network)
    for name, layer in network.named_modules():
        if adapter in getattr(layer, "lora_A", ()):
            down, up = layer.lora_A[adapter], layer.lora_B[adapter]
            if down.weight.ndim > 2:
                change = up.weight.flatten(1) @ down.weight.flatten(1)
            else:
                change = up(down(torch.eye(layer.in_features))).T
            weight = result[f"{name}.weight"]
            scale = layer.scaling[adapter]
            result[f"{name}.weight"] = weight + scale * change.reshape(weight.shape)
    return result


def trained(weights: Mapping[str, torch.Tensor]) -> State:
    """The weights of layers: those of norms have one axis."""
    return {n: w for n, w in weights.items() if n.endswith(".weight") and w.ndim > 1}


def assert_equal(weights: State, expected: State) -> None:
    assert weights.keys() == expected.keys()
    for name, tensor in expected.items():
        if not torch.allclose(weights[name], tensor, atol=1e-4, rtol=1e-4):  # quicker than a report
            torch.testing.assert_close(weights[name], tensor, atol=1e-4, rtol=1e-4, msg=name)


@pytest.mark.parametrize(("name", "naming", "layout", "algorithm"), CASES)
def test_the_weights_are_those_that_the_file_stands_for(
    tmp_path: Path,
    pipelines: Mapping[str, Any],
    name: str,
    naming: str,
    layout: str,
    algorithm: str,
) -> None:
    pipeline, owner = pipelines[name], model(name)
    core, rename = owner.family.core, names_of(name, naming)
    network = getattr(pipeline, core)
    before = rename(own_weights(network))
    weights = trained(before)
    if name in UNETS and not (layout in COMPLETE and algorithm == "LoRA"):
        # They have hundreds of modules, of which plain LoRAs name each.
        weights = dict(list(weights.items())[::5])
    # An alpha beside each module, whatever the layout; one has none.
    tensors, changes = write(
        weights, core, LAYOUTS[layout], ALGORITHMS[algorithm], alpha=layout != "diffusers"
    )
    path = tmp_path / f"{owner.family.lora.words[0]}.safetensors"
    save_file(tensors, path)
    finding = recognise(read_weights(path).header, path)
    assert refusal(finding, owner.family, {}) is None
    assert finding.matched == finding.total == len(changes)
    (loaded,) = ActiveLoras(owner, pipeline).apply({path: 1.0})
    assert (loaded.matched, loaded.total) == (len(changes), len(changes))
    expected = {key: tensor + changes.get(key, 0) for key, tensor in before.items()}
    assert_equal(rename(merged(network, adapter_name(path))), expected)
    pipeline.delete_adapters(adapter_name(path))


@pytest.mark.parametrize("naming", ["original", "diffusers"])
@pytest.mark.parametrize("name", ["flux1", "sd15"])
def test_a_dora_scales_the_rows_of_the_weights(
    tmp_path: Path, pipelines: Mapping[str, Any], name: str, naming: str
) -> None:
    pipeline, owner = pipelines[name], model(name)
    network = getattr(pipeline, owner.family.core)
    own = {
        n: w for n, w in trained(own_weights(network)).items() if "attn.to_q" in n or "attn1" in n
    }
    leaves = LAYOUTS["kohya" if naming == "original" else "ai-toolkit"]
    tensors, changes = write(own, owner.family.core, leaves, ALGORITHMS["LoRA"], alpha=True)
    random, expected = torch.Generator().manual_seed(1), {}
    for key, weight in own.items():
        magnitude = torch.rand(weight.shape[0], 1, generator=random) + 0.5
        tensors[leaves.key(key.removesuffix(".weight"), "dora_scale")] = magnitude
        changed = weight + changes[key]
        expected[key] = magnitude * changed / changed.norm(dim=1, keepdim=True)
    path = tmp_path / f"{owner.family.lora.words[0]}.safetensors"
    save_file(tensors, path)
    assert refusal(recognise(read_weights(path).header, path), owner.family, {}) is None
    ActiveLoras(owner, pipeline).apply({path: 1.0})
    for key, weight in expected.items():
        layer = network.get_submodule(key.removesuffix(".weight"))
        given = torch.randn(3, layer.in_features, generator=random)
        bias = layer.base_layer.bias
        torch.testing.assert_close(layer(given), torch.nn.functional.linear(given, weight, bias))
    pipeline.delete_adapters(adapter_name(path))
