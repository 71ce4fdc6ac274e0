"""Model families: one file each, collected here by being in this package.

A new family is a record in a file of its own and, if its pipeline is called in an unusual way, an
adapter in `core/engine/modes`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterator, Mapping

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


def of_pipeline(class_name: str, parts: Collection[str] = ()) -> Family | None:
    """The family whose pipelines carry this name in `model_index.json`; where several do, the first
    that has its required components among `parts`."""
    named = [family for family in FAMILIES.values() if class_name in family.class_names]
    complete = [family for family in named if _required(family) <= {*parts}]
    return next(iter([*complete, *named]), None)


def _required(family: Family) -> set[str]:
    return {name for name, component in family.components.items() if not component.optional}


def of_variant(variant_id: str) -> tuple[Family, Variant] | None:
    """The family that has the variant of this id, with it."""
    for family in FAMILIES.values():
        variant = family.variant(variant_id)
        if variant is not None:
            return family, variant
    return None
