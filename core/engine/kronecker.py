"""Layers of a LoKr, which changes a weight by a Kronecker product that is never computed.

They take the places of a LoRA's two matrices: for a weight of `a·c` rows and `b·d` columns, changed
by `w1 ⊗ w2` with `w1` of (a, b) and `w2` of (c, d), they cost no more memory than the file.
"""

from __future__ import annotations

import torch
from torch.nn import Linear, Parameter
from torch.nn import functional as F


class KroneckerDown(Linear):  # type: ignore[misc]  # torch is untyped here
    """Maps (…, b·d) to (…, b·c) by `w2`."""

    def __init__(self, w2: torch.Tensor) -> None:
        super().__init__(w2.shape[1], w2.shape[0], bias=False, device="meta")
        self.weight = Parameter(w2, requires_grad=False)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return F.linear(input.unflatten(-1, (-1, self.in_features)), self.weight).flatten(-2)


class KroneckerUp(Linear):  # type: ignore[misc]  # torch is untyped here
    """Maps (…, b·c) to those `rows` of (…, a·c) that its layer has, by `w1`."""

    def __init__(self, w1: torch.Tensor, rows: slice) -> None:
        super().__init__(w1.shape[1], w1.shape[0], bias=False, device="meta")
        self.weight = Parameter(w1, requires_grad=False)
        self.rows = rows

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """See the class."""
        columns = input.unflatten(-1, (self.in_features, -1)).transpose(-1, -2)
        return F.linear(columns, self.weight).transpose(-1, -2).flatten(-2)[..., self.rows]
