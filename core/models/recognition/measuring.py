"""Signatures compared with the tensors of a file, and the measures that follow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from core.models.families.signature import Axis, Blocks, Measure, Signature
from core.models.weights.header import Tensor
from core.models.weights.precision import is_packed

Tensors = Mapping[str, Tensor]


def measure(signature: Signature, tensors: Tensors, prefix: str = "") -> dict[str, int]:
    """The numbers that distinguish variants, without those of packed tensors."""
    values = {name: _measure(rule, tensors, prefix) for name, rule in signature.measures.items()}
    return {name: value for name, value in values.items() if value is not None}


def _measure(measure: Measure, tensors: Tensors, prefix: str) -> int | None:
    if isinstance(measure, Blocks):
        return _count_blocks(tensors, prefix + measure.prefix, measure.inner)
    tensor = tensors.get(prefix + measure.tensor)
    if not isinstance(measure, Axis):
        present = tensor is not None or measure.tensor in tensors  # a marker may have no prefix
        return None if measure.may_lack and not present else int(present)
    if tensor is None or is_packed(tensor) or measure.axis >= len(tensor.shape):
        return None
    return tensor.shape[measure.axis]


def _count_blocks(names: Iterable[str], prefix: str, inner: str) -> int:
    numbers = re.compile(re.escape(prefix) + r"(\d{1,4})\." + re.escape(inner))
    return max((int(hit[1]) for hit in map(numbers.match, names) if hit), default=-1) + 1


def matches(signature: Signature, tensors: Tensors, prefix: str) -> bool:
    """True where the tensors behind `prefix` have this layout."""
    if not all(prefix + name in tensors for name in signature.needs):
        return False
    if any(prefix + name in tensors for name in signature.lacks):
        return False
    return all(
        _has_shape(tensors[prefix + name], shape)
        for name, shape in signature.shapes.items()
        if prefix + name in tensors
    )


def _has_shape(tensor: Tensor, shape: Sequence[int | None]) -> bool:
    if is_packed(tensor):
        return True
    return len(tensor.shape) >= len(shape) and all(
        wanted is None or side == wanted for side, wanted in zip(tensor.shape, shape, strict=False)
    )
