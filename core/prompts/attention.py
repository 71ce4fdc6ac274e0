"""Attention weights in prompts, in the syntax of other tools: `(word:1.2)`, `(word)`, `[word]`.

`(word)` multiplies the weight of its text by 1.1, `[word]` divides by 1.1, `(word:1.2)` multiplies
by a number. Groups nest. A backslash escapes syntax: `\\(`, `\\)`, `\\[`, `\\]`, `\\\\`. A bracket
without its partner is text. Pure functions; any text is valid, in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

STEP = 1.1
WEIGHT_MAX = 10.0  # absolute value; larger weights are limited to it

_TOKEN = re.compile(
    r"\\[()\[\]\\]"
    r"|:[ \t]{0,8}(?P<weight>[-+]?\d{1,6}(?:\.\d{0,6})?|[-+]?\.\d{1,6})[ \t]{0,8}(?=\))"
    r"|[()\[\]]"
)
_CLOSING = {"(": ")", "[": "]"}


class WeightedText(NamedTuple):
    """A part of a prompt with its attention weight; 1 is neutral."""

    text: str
    weight: float = 1.0


PromptText = str | tuple[WeightedText, ...]
"""A prompt as text encoders take it: without syntax, in parts where they differ in weight."""


def plain_text(prompt: PromptText) -> str:
    """The text of a prompt without its weights."""
    return prompt if isinstance(prompt, str) else "".join(part.text for part in prompt)


def interpret_weights(text: str) -> PromptText:
    """A prompt without its syntax; a text where no weight differs from 1."""
    parts = parse_weights(text)
    return plain_text(parts) if all(part.weight == 1 for part in parts) else parts


def parse_weights(text: str) -> tuple[WeightedText, ...]:
    """The parts of a prompt, neighbours of equal weight joined; none for an empty prompt."""
    tokens = list(_TOKEN.finditer(text))
    factors = _factors(tokens)
    parts: list[WeightedText] = []
    weights, place = [1.0], 0
    for index, token in enumerate(tokens):
        parts.append(WeightedText(text[place : token.start()], weights[-1]))
        place = token.end()
        factor = factors.get(index)
        if factor is None:  # text
            plain = token.group()
            parts.append(WeightedText(plain[1:] if plain[0] == "\\" else plain, weights[-1]))
        elif token.group() in _CLOSING:
            weights.append(max(-WEIGHT_MAX, min(WEIGHT_MAX, weights[-1] * factor)))
        elif token.group() in _CLOSING.values():
            weights.pop()
    parts.append(WeightedText(text[place:], weights[-1]))
    return _joined(parts)


def stated_weight(text: str) -> str | None:
    """The first group of a prompt that states a number, such as `(word:1.2)`."""
    tokens = list(_TOKEN.finditer(text))
    for opening, closing in sorted(_pairs(tokens).items()):
        if tokens[closing - 1]["weight"]:
            return text[tokens[opening].start() : tokens[closing].end()]
    return None


def _pairs(tokens: Sequence[re.Match[str]]) -> dict[int, int]:
    """The index of each opening bracket with that of the one that closes it."""
    opened: list[int] = []
    pairs: dict[int, int] = {}
    for index, token in enumerate(tokens):
        if token.group() in _CLOSING:
            opened.append(index)
        elif opened and token.group() == _CLOSING[tokens[opened[-1]].group()]:
            pairs[opened.pop()] = index
    return pairs


def _factors(tokens: Sequence[re.Match[str]]) -> dict[int, float]:
    """The factor of each token that is syntax: a bracket with a partner, the number of a group."""
    factors: dict[int, float] = {}
    for opening, closing in _pairs(tokens).items():
        stated = tokens[closing - 1]["weight"] if tokens[opening].group() == "(" else None
        if stated is not None:
            factors[closing - 1] = float(stated)
        step = STEP if tokens[opening].group() == "(" else 1 / STEP
        factors[opening] = factors[closing] = step if stated is None else float(stated)
    return factors


def _joined(parts: Iterable[WeightedText]) -> tuple[WeightedText, ...]:
    groups = groupby((part for part in parts if part.text), key=lambda part: part.weight)
    return tuple(
        WeightedText("".join(part.text for part in group), weight) for weight, group in groups
    )
