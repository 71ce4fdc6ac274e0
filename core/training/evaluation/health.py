"""The health of a LoRA's weights: norm and effective rank of every layer, numbers not finite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]

_DOWN = re.compile(r"(.+)\.(?:lora_A|lora_down)(?:\.\w+)?\.weight$|(.+)\.lora_A$")
_UPS = (".lora_B.weight", ".lora_up.weight", ".lora_B")
DEAD = 1e-8


@dataclass(frozen=True, slots=True)
class LayerHealth:
    """One layer: the Frobenius norm of its change, its rank and its effective rank."""

    name: str
    norm: float
    rank: int
    effective_rank: float


@dataclass(frozen=True, slots=True)
class Health:
    """All layers. `broken` names tensors with numbers that are not finite."""

    layers: tuple[LayerHealth, ...]
    broken: tuple[str, ...] = ()

    @property
    def dead(self) -> tuple[str, ...]:
        """Layers that change nothing."""
        return tuple(layer.name for layer in self.layers if layer.norm <= DEAD)

    def public(self) -> dict[str, Any]:
        """The health as JSON, with means over the layers that change something."""
        alive = [layer for layer in self.layers if layer.norm > DEAD]
        return {
            "layers": [asdict(layer) for layer in self.layers],
            "norm": float(np.sqrt(sum(layer.norm**2 for layer in alive))),
            "rank": max((layer.rank for layer in self.layers), default=0),
            "effective_rank": _mean([layer.effective_rank for layer in alive]),
            "dead": list(self.dead),
            "broken": list(self.broken),
        }


def health(tensors: Mapping[str, Matrix], scale: float = 1.0) -> Health:
    """The health of LoRA matrices by their names in the file.

    `scale` is the factor of their product, for files without an alpha per layer.
    """
    broken = tuple(name for name, tensor in tensors.items() if not np.isfinite(tensor).all())
    layers = []
    for name, down in tensors.items():
        match = _DOWN.match(name)
        stem = match and (match[1] or match[2])
        up = next((tensors[stem + end] for end in _UPS if stem and stem + end in tensors), None)
        if stem is None or up is None:
            continue
        rank = int(down.shape[0])
        alpha = tensors.get(f"{stem}.alpha")
        factor = float(alpha) / rank if alpha is not None else scale
        if np.isfinite(down).all() and np.isfinite(up).all():
            values = factor * singular_values(down, up)
            norm = float(np.linalg.norm(values))
            layers.append(LayerHealth(stem, norm, rank, effective_rank(values)))
    return Health(tuple(layers), broken)


def singular_values(down: Matrix, up: Matrix) -> NDArray[np.float64]:
    """Those of `up` × `down`, of which there are as many as the rank; convolutions as matrices."""
    first = np.asarray(down, np.float64).reshape(down.shape[0], -1)
    second = np.asarray(up, np.float64).reshape(up.shape[0], -1)
    (_, left), (_, right) = np.linalg.qr(second), np.linalg.qr(first.T)
    values: NDArray[np.float64] = np.linalg.svd(left @ right.T, compute_uv=False)
    return values


def effective_rank(values: NDArray[np.float64]) -> float:
    """exp of the entropy of the singular values' shares: n equal ones give n; none gives 0."""
    total = values.sum()
    if total <= 0:
        return 0.0
    shares = values[values > 0] / total
    return float(np.exp(-np.sum(shares * np.log(shares))))


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None
