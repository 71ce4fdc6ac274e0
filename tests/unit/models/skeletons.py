"""Least headers of a layout, built from the record of its network: what recognition reads of it."""

from collections.abc import Mapping

from core.models.families import FAMILIES, of_variant
from core.models.families.signature import Axis, Blocks, Present, Signature
from core.models.recognition.recognition import ODD
from core.models.weights.header import Tensor

SIDE = 64  # of every axis that no measure and no shape sets
Tensors = dict[str, Tensor]


def tensor(*shape: int, dtype: str = "BF16") -> Tensor:
    """A tensor's description; its place in a file is not read."""
    return Tensor(dtype, shape, 0, 2)


def skeleton(signature: Signature, traits: Mapping[str, int], prefix: str = "") -> Tensors:
    """The tensors that a file of this layout needs to have these measures."""
    sides: dict[str, list[int]] = {name: [] for name in signature.needs}
    for name, shape in signature.shapes.items():
        for axis, length in enumerate(shape):
            _set(sides, name, axis, length or SIDE)
    for name, measure in signature.measures.items():
        value = traits.get(name)
        if isinstance(measure, Axis):
            _set(sides, measure.tensor, measure.axis, value)
        elif isinstance(measure, Blocks) and value:
            for block in range(value):
                inner = measure.inner or _inner(signature, measure.prefix)
                sides.setdefault(f"{measure.prefix}{block}.{inner}", [])
        elif isinstance(measure, Present) and value:
            sides.setdefault(measure.tensor, [])
    return {prefix + name: tensor(*(lengths or [SIDE])) for name, lengths in sides.items()}


def _inner(signature: Signature, prefix: str) -> str:
    """A tensor that every block behind this prefix may have."""
    start = f"{prefix}#."
    names = sorted(name for name in signature.known if name.startswith(start))
    return names[0].removeprefix(start).replace("#", "0") + ".weight"


def _set(sides: dict[str, list[int]], name: str, axis: int, length: int | None) -> None:
    lengths = sides.setdefault(name, [])
    lengths += [SIDE] * (axis + 1 - len(lengths))
    if length is not None:
        lengths[axis] = length


def variants_like(variant_id: str) -> set[str]:
    """The variants with its network, whose LoRAs fit: other input channels and other noise levels
    change no layer."""
    owner = of_variant(variant_id)
    assert owner is not None
    traits = dict(owner[1].traits)
    for name in ODD:
        traits.pop(name, None)
    return {
        variant.id
        for family in FAMILIES.values()
        if family.architecture == owner[0].architecture
        for variant in family.variants
        if traits.items() <= variant.traits.items()
    }
