"""The scaling of DoRAs, against the formula with the whole changed weight."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import nn

from core.engine.dora import Magnitudes, wide_weight

RANK = 2
LAYERS: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(5, 4),
    "linear without bias": lambda: nn.Linear(5, 4, bias=False),
    "convolution": lambda: nn.Conv2d(3, 4, 3, padding=1),
    "convolution without bias": lambda: nn.Conv2d(3, 4, 1, bias=False),
    "strided convolution": lambda: nn.Conv2d(3, 4, 3, stride=2),
}
SCALES = (0.0, 0.3, 1.0, -0.7, 4.0)


def adapted(base: nn.Module) -> Any:
    """A layer of PEFT around `base`, with random matrices in the adapter `a`."""
    network = nn.Sequential(base)
    inject_adapter_in_model(LoraConfig(r=RANK, target_modules=["0"]), network, "a")
    layer: Any = network[0]
    for part in (layer.lora_A["a"], layer.lora_B["a"]):
        nn.init.normal_(part.weight)
    return layer.eval().requires_grad_(False)


def change(layer: Any) -> torch.Tensor:
    """The product of both matrices, in the shape of the weight."""
    up, down = (layer.lora_B["a"].weight.flatten(1), layer.lora_A["a"].weight.flatten(1))
    return (up @ down).view_as(layer.get_base_layer().weight)


def computed(layer: Any, magnitude: torch.Tensor, scale: float, x: torch.Tensor) -> torch.Tensor:
    """The output with the changed weight, each of its rows as long as its magnitude."""
    base = layer.get_base_layer()
    weight = base.weight + scale * change(layer)
    lengths = weight.flatten(1).norm(dim=1)
    weight = weight * (magnitude / lengths).view(-1, *[1] * (weight.dim() - 1))
    if isinstance(base, nn.Linear):
        return nn.functional.linear(x, weight, base.bias)
    return nn.functional.conv2d(x, weight, base.bias, base.stride, base.padding)


def forward(variant: Magnitudes, layer: Any, scale: float, x: torch.Tensor) -> torch.Tensor:
    layer.scaling["a"] = scale
    return variant.forward(layer, active_adapter="a", x=x, result=layer.get_base_layer()(x))


def input_of(layer: Any) -> torch.Tensor:
    convolution = isinstance(layer.get_base_layer(), nn.Conv2d)
    return torch.randn(2, 3, 6, 6) if convolution else torch.randn(2, 3, 5)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(5)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("scale", SCALES)
def test_each_row_has_its_trained_length(kind: str, scale: float) -> None:
    layer = adapted(LAYERS[kind]())
    magnitude, x = torch.rand(4) + 0.5, input_of(layer)
    output = forward(Magnitudes(layer, "a", magnitude), layer, scale, x)
    torch.testing.assert_close(output, computed(layer, magnitude, scale, x), atol=1e-4, rtol=1e-4)


def test_the_lengths_of_the_weight_itself_change_nothing_at_scale_zero() -> None:
    layer = adapted(nn.Linear(5, 4))
    x = input_of(layer)
    lengths = layer.get_base_layer().weight.norm(dim=1)
    output = forward(Magnitudes(layer, "a", lengths), layer, 0.0, x)
    torch.testing.assert_close(output, layer.get_base_layer()(x))


@pytest.mark.parametrize("shape", [(4,), (4, 1), (1, 4), (4, 1, 1, 1)])
def test_the_magnitudes_of_a_file_may_have_any_shape(shape: tuple[int, ...]) -> None:
    layer = adapted(nn.Linear(5, 4))
    magnitude, x = torch.rand(4) + 0.5, input_of(layer)
    output = forward(Magnitudes(layer, "a", magnitude.view(shape)), layer, 1.0, x)
    torch.testing.assert_close(output, computed(layer, magnitude, 1.0, x))


def test_a_change_of_the_scale_is_seen_after_any_other() -> None:
    layer = adapted(nn.Linear(5, 4))
    magnitude, x = torch.rand(4) + 0.5, input_of(layer)
    variant = Magnitudes(layer, "a", magnitude)
    for scales in itertools.permutations(SCALES[:3]):
        for scale in scales:
            output = forward(variant, layer, scale, x)
            torch.testing.assert_close(output, computed(layer, magnitude, scale, x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_network_of_half_precision_stays_in_it(dtype: torch.dtype) -> None:
    layer = adapted(nn.Linear(5, 4))
    magnitude, x = torch.rand(4) + 0.5, input_of(layer)
    expected = computed(layer, magnitude, 0.8, x)
    layer.to(dtype)
    output = forward(Magnitudes(layer, "a", magnitude.to(dtype)), layer, 0.8, x.to(dtype))
    assert output.dtype == dtype
    torch.testing.assert_close(output.float(), expected, atol=0.15, rtol=0.05)


def test_a_weight_that_the_adapter_cancels_gives_finite_values() -> None:
    layer = adapted(nn.Linear(5, 4, bias=False))
    layer.get_base_layer().weight.data.copy_(-change(layer))
    output = forward(Magnitudes(layer, "a", torch.ones(4)), layer, 1.0, input_of(layer))
    assert output.isfinite().all()


def test_a_weight_in_fp8_is_widened() -> None:
    layer = nn.Linear(5, 4)
    weight = layer.weight.detach().clone()
    layer.to(torch.float8_e4m3fn)
    wide = wide_weight(layer)
    assert (wide.dtype, wide.requires_grad) == (torch.float32, False)
    torch.testing.assert_close(wide, weight, atol=0.05, rtol=0.1)
