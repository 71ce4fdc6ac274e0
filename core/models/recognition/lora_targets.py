"""The layers that a module of a LoRA changes, by diffusers' names.

Recognition counts with these rules and the engine loads by them, so both agree on every file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from core.models.families import FAMILIES
from core.models.families.family import Family
from core.models.families.parts import PARTS
from core.models.recognition.lora_keys import Module
from core.models.weights.header import Shaped

_NUMBER = re.compile(r"(?<![^_])\d+(?![^_])")
_OWN = frozenset({"diffusers", "transformers"})  # layouts that networks in memory have
# A name without its numbers → its patterns, each with the names of the layers.
_Table = Mapping[str, tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]]


def targets_of(architecture: str, flat: str) -> tuple[str, ...]:
    """The layers of the network that `Module.flat` stands for, in the order of its rows; empty
    where the architecture has no such module."""
    return _look_up(_table(architecture), flat)


def encoder_target(family: Family, module: Module[Shaped]) -> tuple[str, str] | None:
    """The text encoder that a module belongs to, and its layer."""
    for component, prefixes in family.lora.prefixes.items():
        for prefix in prefixes:
            if module.name.startswith(prefix):
                rest = module.name[len(prefix) :].replace(".", "_").removeprefix("text_model_")
                layers = _look_up(_encoder_table(family.components[component].parts), rest)
                if layers:
                    return component, layers[0]
    return None


def _look_up(table: _Table, flat: str) -> tuple[str, ...]:
    for pattern, layers in table.get(_NUMBER.sub("#", flat), ()):
        if match := pattern.fullmatch(flat):
            return tuple(_numbered(layer, match.groups()) for layer in layers)
    return ()


def _numbered(name: str, numbers: Iterable[str]) -> str:
    for number in numbers:
        name = name.replace("#", number, 1)
    return name


@cache
def _table(architecture: str) -> _Table:
    families = [f for f in FAMILIES.values() if f.architecture == architecture]
    names = {
        name: (name,)
        for family in families
        for signature in family.signatures
        if signature.layout in _OWN
        for name in signature.known
    }
    return _compiled({**names, **families[0].lora.names})


@cache
def _encoder_table(parts: tuple[str, ...]) -> _Table:
    signatures = (signature for part in parts for signature in PARTS[part].signatures)
    own = (signature for signature in signatures if signature.layout in _OWN)
    return _compiled({name: (name,) for signature in own for name in signature.known})


def _compiled(names: Mapping[str, tuple[str, ...]]) -> _Table:
    table: dict[str, list[tuple[re.Pattern[str], tuple[str, ...]]]] = {}
    for name, layers in names.items():
        flat = name.replace(".", "_")
        pattern = re.compile(flat.replace("#", r"(\d+)"))
        # The names of this module come before those with a number in place of its own.
        rows = table.setdefault(_NUMBER.sub("#", flat), [])
        rows.insert(len(rows) if "#" in flat else 0, (pattern, layers))
    return {plain: tuple(rows) for plain, rows in table.items()}
