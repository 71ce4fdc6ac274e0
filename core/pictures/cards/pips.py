"""Pips: their number and places by the value of a card, and the label of its corner."""

from __future__ import annotations

from collections.abc import Mapping

LEFT, MIDDLE, RIGHT = 0.0, 0.5, 1.0
_SIDES = (LEFT, RIGHT)


def _columns(*heights: float) -> tuple[tuple[float, float], ...]:
    return tuple((side, height) for side in _SIDES for height in heights)


PLACES: Mapping[int, tuple[tuple[float, float], ...]] = {
    1: ((MIDDLE, 0.5),),
    2: ((MIDDLE, 0.0), (MIDDLE, 1.0)),
    3: ((MIDDLE, 0.0), (MIDDLE, 0.5), (MIDDLE, 1.0)),
    4: _columns(0.0, 1.0),
    5: (*_columns(0.0, 1.0), (MIDDLE, 0.5)),
    6: _columns(0.0, 0.5, 1.0),
    7: (*_columns(0.0, 0.5, 1.0), (MIDDLE, 0.25)),
    8: (*_columns(0.0, 0.5, 1.0), (MIDDLE, 0.25), (MIDDLE, 0.75)),
    9: (*_columns(0.0, 1 / 3, 2 / 3, 1.0), (MIDDLE, 0.5)),
    10: (*_columns(0.0, 1 / 3, 2 / 3, 1.0), (MIDDLE, 1 / 6), (MIDDLE, 5 / 6)),
}
"""Places by number, across and down between the columns and rows of a layout, 0 to 1. Those below
the middle stand on their head."""

_NUMBERS = ("ace", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COURT = ("jack", "queen", "king", "page", "knight")


def count(value: str) -> int:
    """The number of pips of a value: `7`, `seven`, `ace` or `A`; 0 for courts and others."""
    text = value.strip().casefold()
    if text in ("a", "1"):
        return 1
    if text in _NUMBERS:
        return _NUMBERS.index(text) + 1
    return int(text) if text in map(str, range(1, 11)) else 0


def label(value: str) -> str:
    """The label of a corner: a digit, or the first letter of a court card."""
    number = count(value)
    if number:
        return "A" if number == 1 else str(number)
    text = value.strip()
    return text[:1].upper() if text.casefold() in _COURT else text[:3].upper()
