"""Layers of LoRAs in the networks of a small pipeline."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import nn

from core.engine.adapters import insert, networks
from core.engine.kronecker import KroneckerDown, KroneckerUp
from core.engine.lora_weights import LoraWeights

CORE = "unet"


class Network(nn.Module):
    """Linear layers, with the property of networks of diffusers and transformers."""

    def __init__(self) -> None:
        super().__init__()
        self.dtype_reads = 0
        self.first = nn.Linear(4, 6)
        self.blocks = nn.ModuleList([nn.Linear(6, 4), nn.Linear(6, 4)])

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the weights."""
        self.dtype_reads += 1
        return self.first.weight.dtype

    def forward(self, x: torch.Tensor) -> Any:
        """The output of all layers."""
        x = self.first(x)
        return self.blocks[0](x) + self.blocks[1](x)


class Pipeline:
    """The part of a pipeline of diffusers that LoRAs need."""

    def __init__(self) -> None:
        self.components: dict[str, Any] = {
            CORE: Network(), "text_encoder": Network(), "tokenizer": object(), "vae": None,
        }  # fmt: skip
        self._lora_loadable_modules = [CORE]
        self.loaded: list[tuple[set[str], str]] = []

    def load_lora_weights(self, state: dict[str, torch.Tensor], adapter_name: str) -> None:
        """Record the keys of a state, and make the layers, as diffusers does."""
        self.loaded.append((set(state), adapter_name))
        layers = {key.removeprefix(f"{CORE}.").partition(".lora_")[0] for key in state}
        config = LoraConfig(r=2, target_modules=sorted(layers))
        inject_adapter_in_model(config, self.components[CORE], adapter_name)


def lora(*paths: str, component: str = "text_encoder", rank: int = 2) -> LoraWeights:
    """A LoRA with random matrices for the layers of a component."""
    weights = LoraWeights(total=len(paths), matched=len(paths))
    for number, path in enumerate(paths):
        wide, high = (4, 6) if path == "first" else (6, 4)
        own = rank + number  # layers of one file may have ranks of their own
        stem = f"{component}.{path}"
        weights.state[f"{stem}.lora_A.weight"] = torch.randn(own, wide)
        weights.state[f"{stem}.lora_B.weight"] = torch.randn(high, own)
        weights.alphas[component, path] = 1.0 + number
    return weights


def change(weights: LoraWeights, path: str) -> torch.Tensor:
    """The change of a layer's weight at scale 1."""
    up, down = (weights.state[f"text_encoder.{path}.lora_{part}.weight"] for part in "BA")
    return up @ down


def contribution(encoder: nn.Module, path: str, name: str = "a") -> torch.Tensor:
    """The change that a layer makes to its weight at scale 1, from its outputs."""
    layer: Any = encoder.get_submodule(path)
    layer.scaling[name] = 1.0
    x = torch.eye(layer.in_features)
    output: torch.Tensor = layer(x) - layer.get_base_layer()(x)
    return output.T


@pytest.fixture
def pipeline() -> Pipeline:
    torch.manual_seed(5)
    pipeline = Pipeline()
    for network in networks(pipeline).values():
        network.eval().requires_grad_(False)
    return pipeline


def test_networks_are_the_components_with_weights(pipeline: Pipeline) -> None:
    assert list(networks(pipeline)) == [CORE, "text_encoder"]


def test_layers_of_an_encoder_are_changed_by_their_matrices(pipeline: Pipeline) -> None:
    weights = lora("first", "blocks.0")
    insert(pipeline, CORE, weights, "a")
    encoder = pipeline.components["text_encoder"]
    for path in ("first", "blocks.0"):
        torch.testing.assert_close(contribution(encoder, path), change(weights, path))
        assert encoder.get_submodule(path).lora_alpha["a"] == weights.alphas["text_encoder", path]
    assert isinstance(encoder.get_submodule("blocks.1"), nn.Linear)
    assert pipeline.loaded == []


def test_layers_whose_names_end_alike_are_not_confused(pipeline: Pipeline) -> None:
    encoder = pipeline.components["text_encoder"]
    encoder.add_module("inner", nn.ModuleDict({"first": nn.Linear(4, 6)}))
    insert(pipeline, CORE, lora("first"), "a")
    assert isinstance(encoder.get_submodule("inner.first"), nn.Linear)


def test_the_matrices_of_the_core_are_loaded_by_diffusers(pipeline: Pipeline) -> None:
    of_core, mixed = lora("first", component=CORE), lora("blocks.1")
    mixed.state |= of_core.state
    mixed.alphas |= of_core.alphas
    insert(pipeline, CORE, mixed, "a")
    assert pipeline.loaded == [(set(of_core.state), "a")]
    encoder = pipeline.components["text_encoder"]
    torch.testing.assert_close(contribution(encoder, "blocks.1"), change(mixed, "blocks.1"))
    assert isinstance(encoder.first, nn.Linear)


def test_an_encoder_is_registered_once_for_all_its_adapters(pipeline: Pipeline) -> None:
    before = pipeline._lora_loadable_modules
    for name in ("a", "b"):
        insert(pipeline, CORE, lora("first"), name)
    assert pipeline._lora_loadable_modules == [CORE, "text_encoder"]
    assert before == [CORE], "the list of the class stays"


def test_two_adapters_add_their_changes(pipeline: Pipeline) -> None:
    first, second = lora("first"), lora("first", rank=3)
    insert(pipeline, CORE, first, "a")
    insert(pipeline, CORE, second, "b")
    layer: Any = pipeline.components["text_encoder"].first
    layer.set_adapter(["a", "b"])
    layer.scaling |= {"a": 1.0, "b": 0.5}
    x = torch.eye(4)
    output = (layer(x) - layer.get_base_layer()(x)).T
    torch.testing.assert_close(output, change(first, "first") + 0.5 * change(second, "first"))


def test_the_dtype_of_a_network_is_read_once_however_many_layers_change(
    pipeline: Pipeline,
) -> None:
    insert(pipeline, CORE, lora("first", "blocks.0", "blocks.1"), "a")
    assert pipeline.components["text_encoder"].dtype_reads == 1, "diffusers goes through all layers"


def test_nothing_of_an_adapter_is_trained(pipeline: Pipeline) -> None:
    insert(pipeline, CORE, lora("first", "blocks.0"), "a")
    encoder = pipeline.components["text_encoder"]
    assert not encoder.training
    assert not [name for name, tensor in encoder.named_parameters() if tensor.requires_grad]


def test_beside_weights_in_fp8_an_adapter_keeps_its_values(pipeline: Pipeline) -> None:
    encoder = pipeline.components["text_encoder"].to(torch.float8_e4m3fn)
    weights = lora("first")
    insert(pipeline, CORE, weights, "a")
    layer = encoder.first
    for part in ("lora_A", "lora_B"):
        held = getattr(layer, part)["a"].weight
        assert held.dtype == torch.bfloat16
        own = weights.state[f"text_encoder.first.{part}.weight"]
        torch.testing.assert_close(held, own.to(torch.bfloat16))


def test_a_kronecker_product_takes_the_places_of_the_matrices(pipeline: Pipeline) -> None:
    left, right = torch.randn(3, 2), torch.randn(2, 2)
    weights = lora("first")
    weights.kroneckers["text_encoder", "first"] = (
        KroneckerDown(right), KroneckerUp(left, slice(0, 6)),
    )  # fmt: skip
    insert(pipeline, CORE, weights, "a")
    encoder = pipeline.components["text_encoder"]
    torch.testing.assert_close(contribution(encoder, "first"), torch.kron(left, right))


def test_magnitudes_give_the_rows_their_lengths(pipeline: Pipeline) -> None:
    weights = lora("first")
    weights.magnitudes["text_encoder", "first"] = magnitude = torch.rand(6) + 0.5
    insert(pipeline, CORE, weights, "a")
    layer = pipeline.components["text_encoder"].first
    layer.scaling["a"] = 1.0
    bias = layer.get_base_layer().bias
    rows = (layer(torch.eye(4)) - bias).T
    torch.testing.assert_close(rows.norm(dim=1), magnitude)
