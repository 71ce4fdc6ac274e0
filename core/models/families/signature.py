"""Signatures of models in file headers: names of tensors and their shapes, as data.

A signature describes one layout of one network. Names are those of its tensors with every number
between dots written `#`; `{a,b}` stands for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

_NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")
_CHOICE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Axis:
    """The length of one axis of a tensor."""

    tensor: str
    axis: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """The number of numbered blocks behind a prefix such as `double_blocks.`; with `inner`, the
    number of those that have this tensor."""

    prefix: str
    inner: str = ""


@dataclass(frozen=True, slots=True)
class Present:
    """1 where a tensor is present, else 0; nothing where a file may lack it all the same."""

    tensor: str
    may_lack: bool = False


Measure = Axis | Blocks | Present


@dataclass(frozen=True)
class Signature:
    """One layout of a network.

    `needs` are names of tensors that it has, `lacks` names that it does not have. `shapes` must
    hold (None: any length) where the tensor is not packed. `measures` are the numbers that
    distinguish variants. `modules` are all its modules, as `expand` takes them. `word` stands in
    the name of a file where names and shapes are those of another model too.
    """

    layout: str
    needs: tuple[str, ...]
    modules: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    shapes: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    word: str = ""

    @cached_property
    def known(self) -> frozenset[str]:
        """Every module by its plain name."""
        return frozenset(name for pattern in self.modules for name in expand(pattern))


def expand(pattern: str) -> Iterator[str]:
    """The names a pattern stands for: `a.{b,c}` is `a.b` and `a.c`."""
    match = _CHOICE.search(pattern)
    if match is None:
        yield pattern
        return
    for choice in match[1].split(","):
        yield from expand(pattern[: match.start()] + choice + pattern[match.end() :])


def plain(name: str) -> str:
    """A name with its numbers as `#`: `blocks.3.norm1` is `blocks.#.norm1`."""
    return _NUMBER.sub("#", name)
