"""Arithmetic of changes of low rank: a change is kept as two matrices, never as their product.

Sums and compressions are exact up to the rounding of float64. Errors are Frobenius norms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from core.errors import InvalidInput

Key = tuple[str, str]  # component of the pipeline, layer by diffusers' name


@dataclass(frozen=True, slots=True)
class Factors:
    """`up @ down` is the change of a weight: `down` (rank, inputs), `up` (outputs, rank).

    Both are float32 and hold the scale. `kernel` are the sides of a convolution's kernel, which
    `down` has flattened behind the channels; empty for a linear layer.
    """

    down: torch.Tensor
    up: torch.Tensor
    kernel: tuple[int, ...] = ()

    @property
    def rank(self) -> int:
        """The inner size."""
        return int(self.down.shape[0])

    @property
    def norm(self) -> float:
        """The Frobenius norm of the change."""
        return math.sqrt(max(inner_product(self, self), 0.0))

    def scaled(self, weight: float) -> Factors:
        """The change times a weight."""
        return Factors(self.down, self.up * weight, self.kernel)


Changes = Mapping[Key, Factors]


@dataclass(frozen=True, slots=True)
class Compressed:
    """A change of smaller rank, with the singular values that it lacks."""

    factors: Factors
    discarded: torch.Tensor
    norm: float

    @property
    def error(self) -> float:
        """The Frobenius norm of the lost part."""
        return float(self.discarded.double().norm())


def inner_product(first: Factors, second: Factors) -> float:
    """The sum of the products of all elements of two changes of one weight."""
    ups = first.up.double().T @ second.up.double()
    downs = first.down.double() @ second.down.double().T
    return float((ups * downs).sum())


def concatenated(parts: Sequence[Factors]) -> Factors:
    """The exact sum; its rank is the sum of ranks."""
    return Factors(
        torch.cat([part.down for part in parts]),
        torch.cat([part.up for part in parts], dim=1),
        parts[0].kernel,
    )


def linear(parts: Sequence[tuple[Factors, float]], name: str) -> Factors:
    """The weighted sums of matrices of one rank, as PEFT's `linear` and kohya's merge compute them.

    The products of one part's rows with another's columns come on top, so it is no exact sum.
    Raises `InvalidInput` where ranks differ.
    """
    ranks = {part.rank for part, _ in parts}
    if len(ranks) > 1:
        raise InvalidInput(
            f"The LoRAs have the ranks {', '.join(map(str, sorted(ranks)))} at {name}.",
            field="method",
            fix="`linear` needs equal ranks: use `svd`, or resize the LoRAs first.",
        )
    roots = [math.sqrt(abs(weight)) for _, weight in parts]
    down = torch.stack([part.down * root for (part, _), root in zip(parts, roots, strict=True)])
    up = torch.stack(
        [
            part.up * math.copysign(root, weight)
            for (part, weight), root in zip(parts, roots, strict=True)
        ]
    )
    return Factors(down.sum(0), up.sum(0), parts[0][0].kernel)


def spectrum(factors: Factors) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The singular value decomposition (U, S, V transposed) of the change, in float64."""
    left, upper = torch.linalg.qr(factors.up.double())
    right, lower = torch.linalg.qr(factors.down.double().T)
    u, s, v = torch.linalg.svd(upper @ lower.T)
    count = min(len(s), *factors.up.shape, *factors.down.shape)
    return left @ u[:, :count], s[:count], v[:count] @ right.T


def compressed(factors: Factors, rank: int | None, keep: float | None = None) -> Compressed:
    """The nearest change of a rank, or of the smallest rank that keeps a share of the norm.

    `keep` is a share of the Frobenius norm, 0 … 1. At least one singular value stays.
    """
    u, s, v = spectrum(factors)
    count = len(s) if rank is None else min(rank, len(s))
    if keep is not None:
        count = min(count, _rank_of_share(s, keep))
    roots = s[:count].sqrt()
    down, up = roots[:, None] * v[:count], u[:, :count] * roots
    small = Factors(down.float(), up.float(), factors.kernel)
    return Compressed(small, s[count:].float(), float(s.norm()))


def decomposed(change: torch.Tensor, rank: int, kernel: tuple[int, ...] = ()) -> Compressed:
    """The nearest change of a rank to a whole difference (outputs, inputs)."""
    u, s, v = torch.linalg.svd(change.float(), full_matrices=False)
    roots = s[:rank].sqrt()
    small = Factors(roots[:, None] * v[:rank], u[:, :rank] * roots, kernel)
    return Compressed(small, s[rank:], float(s.double().norm()))


def _rank_of_share(values: torch.Tensor, share: float) -> int:
    """The number of largest singular values with a share of the norm of all."""
    squares = values.square().cumsum(0)
    enough = squares >= squares[-1] * share**2 * (1 - 1e-12)
    return int(enough.int().argmax()) + 1
