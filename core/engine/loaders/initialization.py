"""Networks without initial weights, for those whose weights are read from files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import nn

_LAYERS: tuple[type[Any], ...] = (nn.Linear, nn.Embedding)


@contextmanager
def uninitialized() -> Iterator[None]:
    """Skip the random initial weights of layers that are made inside the `with` block.

    On the meta device they would be computed in Python, for which torch imports sympy.
    """
    methods = {layer: layer.reset_parameters for layer in _LAYERS}
    try:
        for layer in _LAYERS:
            layer.reset_parameters = _leave
        yield
    finally:
        for layer, reset_parameters in methods.items():
            layer.reset_parameters = reset_parameters


def _leave(_: nn.Module) -> None:
    """In the place of `reset_parameters`."""


@contextmanager
def without_positions() -> Iterator[None]:
    """Give embeddings of positions that are stored in files no memory inside the `with` block.

    SD3.5 medium computes 226 million sines for them, which takes longer than its network.
    """
    from diffusers.models.embeddings import PatchEmbed

    initialize = PatchEmbed.__init__

    def initialize_empty(self: Any, *values: Any, **settings: Any) -> None:
        stored = settings.get("pos_embed_max_size") is not None
        with torch.device("meta") if stored else nullcontext():
            initialize(self, *values, **settings)

    try:
        PatchEmbed.__init__ = initialize_empty
        yield
    finally:
        PatchEmbed.__init__ = initialize
