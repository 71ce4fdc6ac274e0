"""Shapes of swatches: points on a square of `SIDE` pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable

SIDE = 160
Point = tuple[float, float]
Shape = tuple[Point, ...]


def disc(x: float = 108, y: float = 50, radius: float = 24, corners: int = 36) -> Shape:
    """The disc, as a polygon."""
    turns = (2 * math.pi * index / corners for index in range(corners))
    return tuple((x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns)


def height_at(x: float, base: float, phase: float = 0.6, swing: float = 11) -> float:
    """The upper edge of a wave."""
    return base + swing * math.sin(x / SIDE * 2 * math.pi * 0.85 + phase)


def crest(across: Iterable[int], base: float, phase: float = 0.6, swing: float = 11) -> Shape:
    """The upper edge of a wave, at some places."""
    return tuple((float(x), height_at(x, base, phase, swing)) for x in across)


def wave(base: float, width: float, phase: float = 0.6) -> Shape:
    """A wave from edge to edge, `width` high."""
    upper = crest(range(-8, SIDE + 9, 8), base, phase)
    return upper + moved(upper[::-1], 0, width)


def moved(shape: Shape, right: float, down: float) -> Shape:
    """A shape at another place."""
    return tuple((x + right, y + down) for x, y in shape)


def box(shape: Shape) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a shape."""
    across, down = zip(*shape, strict=True)
    return max(0.0, min(across)), max(0.0, min(down)), min(SIDE, max(across)), min(SIDE, max(down))


def holds(shape: Shape, x: float, y: float) -> bool:
    """True for a point inside a shape."""
    inside = False
    for (x1, y1), (x2, y2) in zip(shape, (*shape[1:], shape[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
