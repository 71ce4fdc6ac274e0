"""Networks without initial weights, for those whose weights are read from files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
