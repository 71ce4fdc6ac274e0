"""The sheet that a swatch is drawn on: shapes in common, and SVG as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

SIDE = 160
Point = tuple[float, float]
Shape = tuple[Point, ...]


def tag(name: str, *content: str, **attributes: object) -> str:
    """An element; `_` in the name of an attribute is a hyphen, numbers have one decimal."""
    parts = [
        f'{key.rstrip("_").replace("_", "-")}="{_number(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    return f"<{' '.join([name, *parts])}>{''.join(content)}</{name}>"


def path_of(points: Iterable[Point], *, closed: bool = True) -> str:
    """The data of a path through points."""
    data = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return data + "Z" * closed


@dataclass(slots=True)
class Sheet:
    """Elements in order, and definitions. `colours`: ground, two waves, disc, as `#rrggbb`."""

    colours: Sequence[str]
    random: Random
    parts: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)

    def add(self, name: str, *content: str, **attributes: object) -> None:
        """Draw an element."""
        self.parts.append(tag(name, *content, **attributes))

    def define(self, name: str, *content: str, **attributes: object) -> str:
        """Define a filter, a gradient or a clip; the reference to it."""
        identifier = f"d{len(self.definitions)}"
        self.definitions.append(tag(name, *content, id=identifier, **attributes))
        return f"url(#{identifier})"

    def filter(self, *steps: str) -> str:
        """Define a filter that may reach beyond its element."""
        return self.define(
            "filter", *steps, x="-20%", y="-20%", width="140%", height="140%",
            color_interpolation_filters="sRGB",
        )  # fmt: skip

    def clip(self, shape: Shape) -> str:
        """Define a clip to a shape."""
        return self.define("clipPath", tag("path", d=path_of(shape)))

    def shapes(self) -> Iterator[tuple[Shape, str]]:
        """The composition: each shape with its colour, back to front."""
        yield disc(), self.colours[3]
        yield wave(84, 90), self.colours[1]
        yield wave(120, 60, phase=2.3), self.colours[2]

    def group(self, elements: Iterable[str], **attributes: object) -> None:
        """Draw elements as one."""
        self.add("g", *elements, **attributes)

    def svg(self) -> str:
        """The drawing as a file."""
        return tag(
            "svg",
            tag("defs", *self.definitions),
            *self.parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {SIDE} {SIDE}",
        )


def disc(x: float = 108, y: float = 50, radius: float = 24, corners: int = 36) -> Shape:
    """The disc, as a polygon."""
    turns = (2 * math.pi * index / corners for index in range(corners))
    return tuple((x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns)


def height_at(x: float, base: float, phase: float = 0.6, swing: float = 11) -> float:
    """The upper edge of a wave."""
    return base + swing * math.sin(x / SIDE * 2 * math.pi * 0.85 + phase)


def wave(base: float, width: float, phase: float = 0.6, step: int = 8) -> Shape:
    """A wave from edge to edge, `width` high."""
    across = range(-8, SIDE + 9, step)
    upper = [(float(x), height_at(x, base, phase)) for x in across]
    lower = [(x, y + width) for x, y in reversed(upper)]
    return (*upper, *lower)


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


def blend(first: str, second: str, share: float) -> str:
    """A colour between two: `share` of the second."""
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def lighter(colour: str, share: float = 0.3) -> str:
    """A colour nearer to white."""
    return blend(colour, "#ffffff", share)


def darker(colour: str, share: float = 0.3) -> str:
    """A colour nearer to black."""
    return blend(colour, "#000000", share)


def _number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
