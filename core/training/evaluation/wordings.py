"""The attributes that a prompt names, by the wordings of a metric network. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

KEY = "qpyt_reader"
"""The metadata of the network's file: `attributes` with their values, and `wordings`."""
_SECOND = {"subject": "second", "color": "second_color"}


class Wording(NamedTuple):
    """A phrase that gives an attribute a value."""

    attribute: str
    value: str
    phrase: str


def named_attributes(
    prompt: str, wordings: Iterable[Wording], attributes: Mapping[str, Iterable[str]]
) -> dict[str, str]:
    """The values that a prompt names, by attribute.

    Longer phrases are read first and taken out of the text, so that the colour of a background is
    not that of the subject. The first of two subjects or colours is `subject` or `color`.
    """
    text = prompt.lower()
    places: dict[str, list[tuple[int, str]]] = {}
    by_phrase: dict[str, list[Wording]] = {}
    for wording in wordings:
        by_phrase.setdefault(wording.phrase, []).append(wording)
    for phrase in sorted(by_phrase, key=len, reverse=True):
        for match in _pattern(phrase).finditer(text):
            for wording in by_phrase[phrase]:
                places.setdefault(wording.attribute, []).append((match.start(), wording.value))
        text = _pattern(phrase).sub(lambda match: "\0" * len(match[0]), text)
    named = {}
    for attribute, named_at in places.items():
        first, *others = [value for _, value in sorted(named_at)]
        named[attribute] = first
        if others and attribute in _SECOND:
            named[_SECOND[attribute]] = others[0]
    return {name: value for name, value in named.items() if value in attributes.get(name, ())}


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(phrase.lower())}(?![\w-])")
