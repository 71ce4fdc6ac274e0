"""Outlines that several subjects share, as lists of (x, y) in units."""

from __future__ import annotations

import math

Points = list[tuple[float, float]]


def around(x: float, y: float, r: float, count: int, turn: float = 0) -> Points:
    """`count` points on a circle, from `turn` degrees, clockwise."""
    angles = [math.radians(turn + 360 * i / count) for i in range(count)]
    return [(x + r * math.cos(a), y + r * math.sin(a)) for a in angles]


def star(x: float, y: float, r: float, tips: int = 5, inner: float = 0.44) -> Points:
    outer = around(x, y, r, tips, -90)
    dents = around(x, y, r * inner, tips, -90 + 180 / tips)
    return [point for pair in zip(outer, dents, strict=True) for point in pair]


def heart(x: float, y: float, r: float, flip: bool = False) -> Points:
    """The curve x = 16 sin^3 t, y = 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t, scaled to radius r."""
    points: Points = []
    for i in range(30):
        t = 2 * math.pi * i / 30
        curve = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((x + r * math.sin(t) ** 3, y + (r if flip else -r) * (curve + 2) / 15.5))
    return points


def crescent(x: float, y: float, r: float) -> Points:
    """A moon that opens to the right."""
    outer = [(x + r * math.cos(a), y + r * math.sin(a)) for a in _arc(50, 310)]
    inner = [
        (x + 0.36 * r + 0.76 * r * math.cos(a), y + 0.76 * r * math.sin(a)) for a in _arc(290, 70)
    ]
    return outer + inner


def _arc(start: float, stop: float) -> list[float]:
    return [math.radians(start + (stop - start) * i / 24) for i in range(25)]


def shifted(points: Points, x: float, y: float, r: float) -> Points:
    """An outline around the origin, scaled by r and moved to (x, y)."""
    return [(x + px * r, y + py * r) for px, py in points]
