"""Files of LoRAs as the matrices of each layer, from every layout and algorithm.

`core.models.recognition.lora_targets` names the layers. LoHas and Kronecker products of
convolutions become two matrices with the same product, other LoKrs layers of `kronecker`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers.models.normalization import AdaLayerNormContinuous

from core.engine.kronecker import KroneckerDown, KroneckerUp
from core.models.families.family import Family
from core.models.recognition.lora_keys import LOHA, LOKR, Module, modules_of
from core.models.recognition.lora_targets import encoder_target, targets_of

Tensors = Mapping[str, torch.Tensor]
LoraModule = Module[torch.Tensor]
Networks = Mapping[str, torch.nn.Module]
_WRAPPED = ("transformer.", "unet.", "diffusion_model.", "model.diffusion_model.")


class Misfit(Exception):
    """A file that the network cannot take: it would change its own weights."""


@dataclass(slots=True)
class LoraWeights:
    """A LoRA's matrices under diffusers' names, for `matched` of the `total` modules of its file.

    `alphas` are the numerators of the scale by component and layer. `kroneckers` are layers that
    take the places of two matrices in `state`, which only have their sides. `magnitudes` are the
    lengths of rows that a DoRA trained.
    """

    total: int
    matched: int = 0
    state: dict[str, torch.Tensor] = field(default_factory=dict)
    alphas: dict[tuple[str, str], float] = field(default_factory=dict)
    kroneckers: dict[tuple[str, str], tuple[KroneckerDown, KroneckerUp]] = field(
        default_factory=dict
    )
    magnitudes: dict[tuple[str, str], torch.Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Place:
    """A layer of a network that a module changes, by these of the module's rows."""

    component: str
    name: str
    layer: Any
    rows: slice
    # Original networks have shift before scale where diffusers has scale before shift.
    swapped: bool = False

    @property
    def kernel(self) -> tuple[int, ...]:
        """The sides of a convolution's kernel; empty for a linear layer."""
        sides: tuple[int, ...] = getattr(self.layer, "kernel_size", ())
        return sides


@dataclass(frozen=True, slots=True)
class _Matrices:
    """`scale · up @ down` is the change of a weight."""

    down: torch.Tensor
    up: torch.Tensor
    scale: float


def convert(
    tensors: Tensors, networks: Networks, family: Family, settings: Mapping[str, Any]
) -> LoraWeights:
    """The matrices for these networks. `settings` are those that PEFT keeps in a file's metadata.

    Modules that the networks lack are left out. Raises `Misfit`.
    """
    _refuse_own_weights(tensors, networks[family.core])
    modules, _ = modules_of(tensors)
    weights = LoraWeights(len(modules))
    layers = {component: dict(network.named_modules()) for component, network in networks.items()}
    for module in modules:
        places = _places(module, family, layers) if module.usable else []
        if places:
            weights.matched += 1
            _add(weights, module, places, settings)
    return weights


def _refuse_own_weights(tensors: Tensors, network: torch.nn.Module) -> None:
    own = {name for name, _ in network.named_parameters()}
    for name in tensors:
        for prefix in _WRAPPED:
            name = name.removeprefix(prefix)
        if name in own:
            raise Misfit(f"replaces {name}")


def _places(
    module: LoraModule, family: Family, layers: Mapping[str, Mapping[str, torch.nn.Module]]
) -> list[_Place]:
    """The layers that a module changes; empty where one of them is missing."""
    encoder = encoder_target(family, module)
    component, names = family.core, targets_of(family.architecture, module.flat)
    if encoder is not None:
        component, names = encoder[0], (encoder[1],)
    own = layers.get(component, {})
    if names and names[0] not in own:
        names = tuple(f"text_model.{name}" for name in names)  # where transformers nests it
    if not all(name in own for name in names):
        return []
    places, start = [], 0
    for name in names:
        layer = _base(own[name])
        if not isinstance(layer, torch.nn.Linear | torch.nn.Conv2d):
            return []
        end = start + _sides(layer)[1]
        continuous = isinstance(own.get(name.rpartition(".")[0]), AdaLayerNormContinuous)
        swapped = continuous and name.replace(".", "_") != module.flat
        places.append(_Place(component, name, layer, slice(start, end), swapped))
        start = end
    return places


def _base(layer: torch.nn.Module) -> torch.nn.Module:
    """The layer itself, below adapters that are loaded already."""
    return layer.get_base_layer() if hasattr(layer, "get_base_layer") else layer


def _sides(layer: Any) -> tuple[int, int]:
    """Inputs and outputs; the shape of a quantized weight is another one."""
    if isinstance(layer, torch.nn.Conv2d):
        return layer.in_channels, layer.out_channels
    return layer.in_features, layer.out_features


def _add(
    weights: LoraWeights,
    module: LoraModule,
    places: Sequence[_Place],
    settings: Mapping[str, Any],
) -> None:
    _check_sides(module, places)
    if module.algorithm is LOKR and not any(place.kernel or place.swapped for place in places):
        _add_kronecker(weights, module, places)
        return
    for place in places:
        matrices = _matrices(module, place, settings)
        stem = f"{place.component}.{place.name}"
        rank = matrices.down.shape[0]
        weights.state[f"{stem}.lora_A.weight"] = matrices.down
        weights.state[f"{stem}.lora_B.weight"] = _rows(matrices.up, place).contiguous()
        weights.alphas[place.component, place.name] = matrices.scale * rank
        if "bias" in module.matrices:
            weights.state[f"{stem}.lora_B.bias"] = _rows(module.matrices["bias"], place)
        if "magnitude" in module.matrices:
            magnitude = _rows(module.matrices["magnitude"].flatten(), place)
            weights.magnitudes[place.component, place.name] = magnitude


def _check_sides(module: LoraModule, places: Sequence[_Place]) -> None:
    """Raises `Misfit` for matrices that need a wider layer, as those of control LoRAs."""
    taken, given = module.sides
    inputs, outputs = _sides(places[0].layer)[0], places[-1].rows.stop
    name = places[0].name
    if taken not in (inputs, inputs * math.prod(places[0].kernel)):
        raise Misfit(f"changes {name} from {inputs} to {taken} inputs")
    if given != outputs:
        raise Misfit(f"changes {name} from {outputs} to {given} outputs")


def _rows(matrix: torch.Tensor, place: _Place) -> torch.Tensor:
    rows = matrix[place.rows]
    return torch.cat(list(reversed(rows.chunk(2)))) if place.swapped else rows


def _add_kronecker(weights: LoraWeights, module: LoraModule, places: Sequence[_Place]) -> None:
    w1, w2, scale = _small(module, _factor(module, "w1"), _factor(module, "w2"))
    w2 = w2.reshape(w2.shape[0], -1)
    for place in places:
        stem = f"{place.component}.{place.name}"
        inputs, outputs = _sides(place.layer)
        weights.state[f"{stem}.lora_A.weight"] = w2.new_zeros(1, inputs)
        weights.state[f"{stem}.lora_B.weight"] = w2.new_zeros(outputs, 1)
        weights.alphas[place.component, place.name] = scale
        layers = KroneckerDown(w2), KroneckerUp(w1, place.rows)
        weights.kroneckers[place.component, place.name] = layers


def _matrices(module: LoraModule, place: _Place, settings: Mapping[str, Any]) -> _Matrices:
    if "down" in module.matrices:
        down, up = _with_core(module), module.matrices["up"]
        scale = _scale(module, _settings_of(place, settings))
        return _shaped(_Matrices(down, up, scale), place)
    up, down = _low_rank(module) or _as_matrices(_dense(module, place), place)
    return _shaped(_Matrices(*_small(module, down, up)), place)


def _small(
    module: LoraModule, first: torch.Tensor, second: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Two computed matrices in the number format of the file, and the scale of their product.

    In half precision products of small numbers would vanish, so the scale takes what is small.
    """
    dtype = next(t.dtype for name, t in module.matrices.items() if name.startswith("w"))
    dtype = dtype if dtype.itemsize > 1 else torch.bfloat16
    (first, peak), (second, other_peak) = _normalized(first), _normalized(second)
    own = _scale(module, {}) if module.rank else 1.0  # whole factors have no rank, and no scale
    return first.to(dtype), second.to(dtype), own * peak * other_peak


def _with_core(module: LoraModule) -> torch.Tensor:
    """The first matrix, times the core of a convolution's Tucker decomposition where it has one."""
    down, core = module.matrices["down"], module.matrices.get("mid")
    if core is None:
        return down
    product = torch.einsum("ijkl,jr->irkl", core.float(), down.float().flatten(1))
    return product.to(down.dtype)


def _shaped(matrices: _Matrices, place: _Place) -> _Matrices:
    """Matrices with the axes that the layer's kind has: files flatten them, or add some."""
    inputs, ends = _sides(place.layer)[0], (1,) * len(place.kernel)
    rank = matrices.down.shape[0]
    if matrices.down.numel() == rank * inputs * math.prod(place.kernel):
        down = matrices.down.reshape(rank, inputs, *place.kernel)
    else:
        raise Misfit(f"changes the kernel of {place.name}")
    up = matrices.up.reshape(matrices.up.shape[0], rank, *ends)
    return _Matrices(down.contiguous(), up, matrices.scale)


def _low_rank(module: LoraModule) -> tuple[torch.Tensor, torch.Tensor] | None:
    """A LoHa as two matrices of the squared rank: the products of all pairs of columns, and of
    rows. None where that is no less than the change itself."""
    matrices, rank = module.matrices, module.rank or 0
    small = rank**2 < min(side or 0 for side in module.sides)
    if module.algorithm is not LOHA or "t1" in matrices or not small:
        return None
    up = torch.einsum("or,os->ors", matrices["w1_a"].float(), matrices["w2_a"].float())
    down = torch.einsum("ri,si->rsi", matrices["w1_b"].float(), matrices["w2_b"].float())
    return up.flatten(1), down.flatten(0, 1)


def _dense(module: LoraModule, place: _Place) -> torch.Tensor:
    """The change of the whole weight."""
    first, second = _factor(module, "w1"), _factor(module, "w2")
    inputs = _sides(place.layer)[0]
    if module.algorithm is LOHA:
        return (first * second).reshape(-1, inputs, *place.kernel)
    if place.kernel:
        second = second.reshape(second.shape[0], -1, *place.kernel)
        first = first.reshape(*first.shape[:2], *(1 for _ in place.kernel))
    return torch.kron(first, second.contiguous())


def _factor(module: LoraModule, name: str) -> torch.Tensor:
    """One of the two factors of a LoHa or LoKr, which may be stored as two or three matrices."""
    matrices = module.matrices
    if name in matrices:
        return matrices[name].float()
    tall, wide = matrices[f"{name}_a"], matrices[f"{name}_b"]
    core = matrices.get(name.replace("w", "t"))
    if core is None:
        return tall.float() @ wide.float()
    return torch.einsum("ij...,ip,jr->pr...", core.float(), tall.float(), wide.float())


def _as_matrices(change: torch.Tensor, place: _Place) -> tuple[torch.Tensor, torch.Tensor]:
    """Two matrices with this product, one of them the identity."""
    if place.kernel:
        return torch.eye(change.shape[0]), change
    return change, torch.eye(change.shape[1])


def _normalized(matrix: torch.Tensor) -> tuple[torch.Tensor, float]:
    """The matrix with 1 as its largest element, and what that divided it by."""
    peak = float(matrix.abs().amax()) or 1.0
    return matrix / peak, peak


def _scale(module: LoraModule, settings: Mapping[str, Any]) -> float:
    """The alpha of the module by its rank; one without an alpha has its rank for one."""
    rank = module.rank or 1
    if "alpha" in module.matrices:
        return float(module.matrices["alpha"].float().reshape(-1)[0]) / rank
    alpha = settings.get("lora_alpha")
    if not isinstance(alpha, int | float):
        return 1.0
    return float(alpha) / (math.sqrt(rank) if settings.get("use_rslora") else rank)


def _settings_of(place: _Place, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """PEFT's settings of a layer: those of its network, with the alpha that its name has."""
    own = dict(_of_component(place.component, settings))
    patterns = own.get("alpha_pattern")
    for pattern, alpha in patterns.items() if isinstance(patterns, dict) else ():
        # PEFT takes it for a regular expression, which a file may make as slow as it likes.
        if f".{place.name}".endswith(f".{pattern.removeprefix('^')}"):
            own["lora_alpha"] = alpha
    return own


def _of_component(component: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if name.startswith(f"{component}."):
            yield name.removeprefix(f"{component}."), value
