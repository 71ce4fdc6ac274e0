"""Shapes from SVG path data, as polygons: the commands M, L, C and Z with absolute coordinates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw

from core.pictures.cards.names import FOLDER, SHAPES

CURVE_STEPS = 16
SUPERSAMPLING = 4
Point = tuple[float, float]
_PART = re.compile(r"[MLCZ]|-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled shape within the unit square, and its colour as #rrggbb."""

    polygons: tuple[tuple[Point, ...], ...]
    colour: str

    def mask(self, size: int) -> Image.Image:
        """The shape as coverage, `size` × `size` pixels, mode L."""
        large = size * SUPERSAMPLING
        mask = Image.new("L", (large, large), 0)
        draw = ImageDraw.Draw(mask)
        for polygon in self.polygons:
            draw.polygon([(x * large, y * large) for x, y in polygon], fill=255)
        return mask.resize((size, size), Image.Resampling.LANCZOS)


@cache
def shapes() -> Mapping[str, Shape]:
    """The studio's own shapes by name: the four suits and a star."""
    return _read(FOLDER / f"{SHAPES}.yaml")


def _read(path: Path) -> Mapping[str, Shape]:
    import yaml

    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        name: Shape(polygons_of(record["path"]), str(record["colour"]))
        for name, record in content["shapes"].items()
    }


def polygons_of(path: str) -> tuple[tuple[Point, ...], ...]:
    """The polygons of a path in a square of 100 units. Raises `ValueError`."""
    parts = _PART.findall(path)
    polygons: list[tuple[Point, ...]] = []
    points: list[Point] = []
    position = 0

    def numbers(count: int) -> list[Point]:
        nonlocal position
        values = [float(part) / 100 for part in parts[position : position + count]]
        if len(values) < count:
            raise ValueError(f"the path ends early: {path[-40:]!r}")
        position += count
        return list(zip(values[::2], values[1::2], strict=True))

    while position < len(parts):
        command = parts[position]
        position += 1
        if command == "M":
            points = numbers(2)
        elif command == "L":
            points += numbers(2)
        elif command == "C":
            points += _curve(points[-1], numbers(6))
        elif command == "Z":
            polygons.append(tuple(points))
            points = []
        else:
            raise ValueError(f"a path has M, L, C and Z, not {command!r}")
    if points:
        raise ValueError("a path ends with Z")
    return tuple(polygons)


def _curve(start: Point, controls: Sequence[Point]) -> list[Point]:
    """Points of a cubic Bézier curve, without its start."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = start, *controls
    points = []
    for step in range(1, CURVE_STEPS + 1):
        t = step / CURVE_STEPS
        u = 1 - t
        a, b, c, d = u**3, 3 * u * u * t, 3 * u * t * t, t**3
        points.append((a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy))
    return points
