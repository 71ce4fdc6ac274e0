"""Merging LoRAs, with the error against the exact weighted sum."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.engine.lab.factors import (
    Changes,
    Factors,
    Key,
    compressed,
    concatenated,
    inner_product,
    linear,
)
from core.engine.lab.reading import LabLora
from core.errors import InvalidInput
from core.models.lora_blocks import layer_weights

Method = Literal["concatenate", "svd", "linear"]


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A LoRA of a merge: its weight, and rules that change it by block and layer."""

    lora: LabLora
    weight: float
    blocks: str = ""


@dataclass
class Result:
    """Changes with the squares of their norms and errors by layer, in the order of the file."""

    changes: dict[Key, Factors] = field(default_factory=dict)
    squares: dict[Key, tuple[float, float]] = field(default_factory=dict)

    def add(self, key: Key, factors: Factors, norm: float, error: float) -> None:
        """Add a layer; `norm` is that of its exact change."""
        self.changes[key] = factors
        self.squares[key] = norm**2, error**2

    @property
    def error(self) -> float:
        """The norm of what is missing, by the norm of the exact change."""
        norm, error = (sum(column) for column in zip(*self.squares.values(), strict=True))
        return math.sqrt(error / norm) if norm else 0.0

    def report(self) -> dict[str, Any]:
        """The result as JSON. Errors are shares of the norm, `worst` that of one layer."""
        shares = {key: math.sqrt(e / n) if n else 0.0 for key, (n, e) in self.squares.items()}
        worst = max(shares, key=lambda key: shares[key])
        ranks = [factors.rank for factors in self.changes.values()]
        return {
            "layers": len(self.changes),
            "rank": max(ranks),
            "ranks": sorted(set(ranks)),
            "error": self.error,
            "worst": {"layer": ".".join(worst), "error": shares[worst]},
        }


def merged(
    ingredients: Sequence[Ingredient], method: Method, rank: int | None, keep: float | None
) -> Result:
    """The weighted sum of LoRAs, layer by layer.

    `concatenate` is exact. `svd` has the rank, or one that keeps a share of the norm. `linear` is
    cheap and not exact. Raises `InvalidInput` for LoRAs of several architectures or shapes.
    """
    check_family(ingredients)
    parts: dict[Key, list[tuple[Factors, float]]] = {}
    for ingredient in ingredients:
        weights = layer_weights(ingredient.blocks, ingredient.lora.changes)
        for key, factors in ingredient.lora.changes.items():
            if weight := weights[key] * ingredient.weight:
                parts.setdefault(key, []).append((factors, weight))
    if not parts:
        raise InvalidInput(
            "Every layer has the weight 0.", field="loras", fix="Raise a weight, or a block's."
        )
    result = Result()
    for key, terms in parts.items():
        _check_shapes(key, terms)
        exact = concatenated([factors.scaled(weight) for factors, weight in terms])
        if method == "concatenate":
            result.add(key, exact, exact.norm, 0.0)
        elif method == "linear":
            factors = linear(terms, key[1])
            missing = concatenated([exact, factors.scaled(-1)])
            result.add(key, factors, exact.norm, missing.norm)
        else:
            small = compressed(exact, rank, keep)
            result.add(key, small.factors, small.norm, small.error)
    return result


def resized(changes: Changes, rank: int | None, keep: float | None) -> Result:
    """The changes in a smaller rank."""
    result = Result()
    for key, factors in changes.items():
        small = compressed(factors, rank, keep)
        result.add(key, small.factors, small.norm, small.error)
    return result


def check_family(ingredients: Sequence[Ingredient]) -> None:
    """Raises `InvalidInput` where the LoRAs are not for one architecture."""
    owners: Mapping[str, str] = {
        ingredient.lora.family.architecture: ingredient.lora.name for ingredient in ingredients
    }
    if len(owners) > 1:
        pairs = ", ".join(f"{name!r} is for {owner}" for owner, name in owners.items())
        raise InvalidInput(
            f"The LoRAs are for several architectures: {pairs}.",
            field="loras",
            fix="Choose LoRAs of one architecture.",
        )


def dot(first: Changes, second: Changes) -> float:
    """The sum of products over the layers that both change."""
    shared = (key for key in first if key in second and _fits(first[key], second[key]))
    return sum(inner_product(first[key], second[key]) for key in shared)


def _fits(first: Factors, second: Factors) -> bool:
    return (first.up.shape[0], first.down.shape[1]) == (second.up.shape[0], second.down.shape[1])


def _check_shapes(key: Key, terms: Sequence[tuple[Factors, float]]) -> None:
    shapes = {(f.up.shape[0], f.down.shape[1]) for f, _ in terms}
    if len(shapes) > 1:
        sides = " and ".join(f"{rows} × {columns}" for rows, columns in sorted(shapes))
        raise InvalidInput(
            f"The LoRAs change {key[1]} of different widths: {sides}.",
            field="loras",
            fix="Choose LoRAs of one size of model.",
        )
