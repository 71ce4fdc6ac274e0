"""A LoRA extracted from two checkpoints: the difference of their weights in a small rank."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from core.engine.lab.factors import Factors, decomposed
from core.engine.lab.merging import Result
from core.engine.loaders.single import load_core
from core.errors import InvalidInput
from core.models.library.model import Model

SMALLEST = 1e-6  # of a weight's norm; smaller differences are rounding


def extracted(
    base: Model, tuned: Model, rank: int, report: Callable[[int, int], None], device: str = "cpu"
) -> Result:
    """The difference of the denoising networks of two models of one architecture.

    `report` gets the layers done and in all, and may raise. Text encoders and norms are left out.
    Raises `InvalidInput` for models of different networks, or without a difference.
    """
    if base.family.architecture != tuned.family.architecture:
        raise _refused(f"{base.label} and {tuned.label} are of different architectures")
    first, second = (load_core(model, torch.float32) for model in (base, tuned))
    return difference(first, second, base.family.core, rank, report, device)


def difference(
    base: Any,
    tuned: Any,
    component: str,
    rank: int,
    report: Callable[[int, int], None],
    device: str = "cpu",
) -> Result:
    """The differences of the linear and convolutional layers of two networks."""
    layers = _layers(base)
    others = _layers(tuned)
    result = Result()
    for number, (name, layer) in enumerate(layers.items(), 1):
        report(number, len(layers))
        other = others.get(name)
        if other is None or other.weight.shape != layer.weight.shape:
            raise _refused(f"{name} of the two models has not the same shape")
        weight = layer.weight.detach().to(device, torch.float32)
        change = (other.weight.detach().to(device, torch.float32) - weight).flatten(1)
        if float(change.norm()) <= SMALLEST * float(weight.norm()):
            continue
        kernel = tuple(getattr(layer, "kernel_size", ()))
        small = decomposed(change, rank, kernel)
        factors = Factors(small.factors.down.cpu(), small.factors.up.cpu(), kernel)
        result.add((component, name), factors, small.norm, small.error)
    if not result.changes:
        raise _refused("the two models have the same weights")
    return result


def _layers(network: Any) -> dict[str, Any]:
    kinds = torch.nn.Linear | torch.nn.Conv2d
    return {name: layer for name, layer in network.named_modules() if isinstance(layer, kinds)}


def _refused(why: str) -> InvalidInput:
    return InvalidInput(
        f"No LoRA can be extracted: {why}.",
        field="tuned",
        fix="Choose a checkpoint that was trained from the base.",
    )
