"""LoRA files of every layout as changes of layers, without the model that they belong to.

The layers of the network are reconstructed from the file: its keys name them, and the sides of its
matrices are those of the layers. So a merge of LoRAs for a model of 60 GB reads no model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.models.normalization import AdaLayerNormContinuous
from safetensors.torch import load_file

from core.engine.lab.factors import Changes, Factors, Key
from core.engine.lora_weights import LoraModule, LoraWeights, Misfit, convert
from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.models.families.family import Family
from core.models.library.lora_file import LoraFile
from core.models.recognition import lora_facts
from core.models.recognition.lora_keys import modules_of
from core.models.recognition.lora_targets import encoder_target, targets_of
from core.models.weights.file import read_weights
from core.models.weights.header import MetaValue

_KERNELS = ("mid", "t1", "t2", "down", "w2")  # matrices that may have a kernel, the surest first


@dataclass(frozen=True, slots=True)
class LabLora:
    """A LoRA as changes of layers. `unread` of its modules belong to no layer."""

    name: str
    fingerprint: str
    family: Family
    changes: Changes
    metadata: Mapping[str, MetaValue]
    unread: int = 0


class Skeleton(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Layers without weights, by dotted names."""

    def __init__(self, layers: Mapping[str, torch.nn.Module]) -> None:
        super().__init__()
        self._layers = dict(layers)

    def named_modules(self, *_: Any, **__: Any) -> Iterator[tuple[str, torch.nn.Module]]:
        """The layers."""
        yield from self._layers.items()

    def named_parameters(self, *_: Any, **__: Any) -> Iterator[tuple[str, Any]]:
        """The names of the weights, by which files of whole weights are refused."""
        for name in self._layers:
            yield f"{name}.weight", None


def family_of(lora: LoraFile) -> Family:
    """The family of a LoRA. Raises `InvalidInput` where its keys fit none, or several."""
    finding = lora.item.finding
    candidates = finding.lora.candidates if finding.lora else ()
    owners = dict.fromkeys(candidate.architecture for candidate in candidates)
    if finding.problem or len(owners) != 1:
        names = ", ".join(owners) or "no supported family"
        raise InvalidInput(
            f"The LoRA {lora.label[:100]!r} cannot be read: "
            f"{(finding.problem or f'its keys fit {names}').rstrip('.')}.",
            field="loras",
            fix="Choose another LoRA.",
        )
    return FAMILIES[lora.families[0]]


def read_lora(lora: LoraFile) -> LabLora:
    """The changes of a file of the library. Raises `InvalidInput` for one that is no plain sum,
    such as a DoRA, whose change depends on the weights of its base."""
    family, header = family_of(lora), read_weights(lora.path).header
    return read_changes(lora.label, lora.path, family, header.metadata, lora.fingerprint)


def read_changes(
    name: str,
    path: Path,
    family: Family,
    metadata: Mapping[str, MetaValue],
    fingerprint: str = "",
) -> LabLora:
    """The changes of a file of a family."""
    tensors = load_file(path)
    settings = lora_facts.settings(metadata)
    try:
        weights = convert(tensors, skeleton(tensors, family), family, settings)
    except Misfit as error:
        raise _refused(name, f"it {error}") from error
    if weights.magnitudes:
        raise _refused(name, "it is a DoRA, whose change depends on the weights of its base model")
    if any(key.endswith(".bias") for key in weights.state):
        raise _refused(name, "it changes biases")
    unread = weights.total - weights.matched
    return LabLora(name, fingerprint, family, _changes(weights), metadata, unread)


def skeleton(tensors: Mapping[str, torch.Tensor], family: Family) -> dict[str, torch.nn.Module]:
    """The networks that a LoRA's modules belong to, with the layers that it names."""
    layers: dict[str, dict[str, torch.nn.Module]] = {family.core: {}}
    for module in modules_of(tensors)[0]:
        if not module.usable:
            continue
        component, names = family.core, targets_of(family.architecture, module.flat)
        encoder = encoder_target(family, module)
        if encoder is not None:
            component, names = encoder[0], (encoder[1],)
        layers.setdefault(component, {}).update(_layers(module, names))
    return {component: Skeleton(own) for component, own in layers.items()}


def _layers(module: LoraModule, names: tuple[str, ...]) -> Iterable[tuple[str, torch.nn.Module]]:
    """The layers of a module by name; those of a joined module share its rows."""
    inputs, outputs = module.sides
    assert inputs is not None  # usable modules have sides
    assert outputs is not None
    kernel = _kernel(module)
    for name, rows in zip(names, _rows(names, inputs, outputs), strict=True):
        if name.endswith(".linear") and outputs == 2 * inputs:
            # diffusers' and the original's order of its halves differ, see `lora_weights`.
            parent = AdaLayerNormContinuous(1, 1, elementwise_affine=False)
            yield name.rpartition(".")[0], parent
        if kernel:
            yield name, torch.nn.Conv2d(inputs, rows, kernel, device="meta")
        else:
            yield name, torch.nn.Linear(inputs, rows, device="meta")


def _rows(names: tuple[str, ...], inputs: int, outputs: int) -> list[int]:
    """The rows of each part: query, key and value are as wide as the input, the rest follows."""
    if len(names) <= 3:
        return [outputs // len(names)] * len(names)
    return [inputs, inputs, inputs, outputs - 3 * inputs]


def _kernel(module: LoraModule) -> tuple[int, ...]:
    for name in _KERNELS:
        tensor = module.matrices.get(name)
        if tensor is not None and tensor.ndim == 4:
            return tuple(tensor.shape[2:])
    return ()


def _changes(weights: LoraWeights) -> dict[Key, Factors]:
    changes = {}
    for (component, name), alpha in weights.alphas.items():
        if (component, name) in weights.kroneckers:
            changes[component, name] = _kronecker(weights, (component, name), alpha)
            continue
        stem = f"{component}.{name}"
        down = weights.state[f"{stem}.lora_A.weight"].float()
        up = weights.state[f"{stem}.lora_B.weight"].float().flatten(1)
        scale = alpha / down.shape[0]
        kernel = tuple(down.shape[2:])
        changes[component, name] = Factors(down.flatten(1), up * scale, kernel)
    return changes


def _kronecker(weights: LoraWeights, key: Key, scale: float) -> Factors:
    """A Kronecker product as two matrices: the product of the factors of its factors."""
    down, up = weights.kroneckers[key]
    first, second = up.weight.float(), down.weight.float()
    (tall, wide), (other_tall, other_wide) = _factored(first), _factored(second)
    rows = torch.kron(tall, other_tall)[up.rows]
    return Factors(torch.kron(wide, other_wide), rows * scale)


def _factored(matrix: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Two matrices with this product, of its numerical rank."""
    u, s, v = torch.linalg.svd(matrix.double(), full_matrices=False)
    count = max(int((s > s[0] * 1e-7).sum()), 1)
    return (u[:, :count] * s[:count]).float(), v[:count].float()


def _refused(name: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"The LoRA {name[:100]!r} cannot be used here: {why}.",
        field="loras",
        fix="Use LoRAs, LoHas or LoKrs whose change is a sum on the weights.",
    )
