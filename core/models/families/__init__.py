"""Model families: one file each, collected here by being in this package.

A new family is a record in a file of its own and, if its pipeline is called in an unusual way, an
adapter in `core/engine/modes`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any

from core.models.families.family import Family, Variant


def _records() -> Iterator[Family]:
    """Every `Family` at the top of a module of this package."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Family):
                yield value


FAMILIES: Mapping[str, Family] = {family.id: family for family in _records()}
# The parameters that some model has a use for. All others are the operations' own.
KNOWN_TO_MODELS = frozenset(
    name
    for family in FAMILIES.values()
    for mode in family.modes.values()
    for name in mode.parameters
)


def of_pipeline(class_name: str, index: Mapping[str, Any] | None = None) -> Family | None:
    """The family whose pipelines carry this name in `model_index.json`; where several do, the first
    that lacks fewest of its components in the `index`, which names them by library and class."""
    named = [family for family in FAMILIES.values() if class_name in family.class_names]
    return min(named, key=lambda family: _lacking(family, index) if index else 0, default=None)


def _lacking(family: Family, index: Mapping[str, Any]) -> int:
    """The number of required components that an index does not name with one of their classes."""
    pairs = {name: tuple(value) for name, value in index.items() if isinstance(value, list)}
    return sum(
        pairs.get(name) not in component.classes
        for name, component in family.components.items()
        if not component.optional
    )


def of_variant(variant_id: str) -> tuple[Family, Variant] | None:
    """The family that has the variant of this id, with it."""
    for family in FAMILIES.values():
        variant = family.variant(variant_id)
        if variant is not None:
            return family, variant
    return None
