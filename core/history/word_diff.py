"""The difference between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

WORDS_MAX = 4_000  # of each text: the time grows with the product
_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
Change = Literal["equal", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of one text or of both; `removed` is of the first, `added` of the second."""

    change: Change
    text: str


def word_diff(first: str, second: str) -> list[Segment]:
    """The segments that make the first text without the added, the second without the removed."""
    before, after = _TOKEN.findall(first), _TOKEN.findall(second)
    if max(len(before), len(after)) > WORDS_MAX:
        return list(_whole(first, second))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    segments = []
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal":
            segments.append(Segment("equal", "".join(before[start:end])))
            continue
        segments += _changed("".join(before[start:end]), "".join(after[other_start:other_end]))
    return segments


def _whole(first: str, second: str) -> Iterator[Segment]:
    if first == second:
        yield Segment("equal", first)
    else:
        yield from _changed(first, second)


def _changed(removed: str, added: str) -> Iterator[Segment]:
    if removed:
        yield Segment("removed", removed)
    if added:
        yield Segment("added", added)
