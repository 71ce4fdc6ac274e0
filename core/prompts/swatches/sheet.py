"""The sheet that a swatch is drawn on: SVG as text, colours, and what many marks need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from core.prompts.swatches.shapes import SIDE, Point, Shape, disc, holds, wave

INK = "#1b1720"
EXTREMES = ("#ffffff", "#000000")


def tag(name: str, *content: str, **attributes: object) -> str:
    """An element; `_` in the name of an attribute is a hyphen, numbers have one decimal."""
    parts = [
        f'{key.rstrip("_").replace("_", "-")}="{_number(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    return f"<{' '.join([name, *parts])}>{''.join(content)}</{name}>"


def area(points: Iterable[Point], fill: str, **attributes: object) -> str:
    """A filled polygon."""
    return tag("path", d=_data(points) + "Z", fill=fill, **attributes)


def outline(points: Iterable[Point], colour: str, width: float, **attributes: object) -> str:
    """A closed line."""
    return _stroke(_data(points) + "Z", colour, width, attributes)


def line(points: Iterable[Point], colour: str, width: float, **attributes: object) -> str:
    """An open line."""
    return _stroke(_data(points), colour, width, attributes)


@dataclass(slots=True)
class Sheet:
    """Elements in order, and definitions. `colours`: ground, two waves, disc, as `#rrggbb`."""

    colours: Sequence[str]
    random: Random
    parts: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)

    def draw(self, *elements: str) -> None:
        """Draw elements."""
        self.parts += elements

    def add(self, name: str, *content: str, **attributes: object) -> None:
        """Draw an element by its name and attributes."""
        self.draw(tag(name, *content, **attributes))

    def group(self, elements: Iterable[str], **attributes: object) -> None:
        """Draw elements as one."""
        self.add("g", *elements, **attributes)

    def shapes(self) -> Iterator[tuple[Shape, str]]:
        """The composition: each shape with its colour, back to front."""
        yield disc(), self.colours[3]
        yield wave(84, 90), self.colours[1]
        yield wave(120, 60, phase=2.3), self.colours[2]

    def colour_at(self, x: float, y: float, empty: str | None = None) -> str:
        """The colour of the composition at a point; `empty` where there is only ground."""
        colours = [colour for shape, colour in self.shapes() if holds(shape, x, y)]
        return colours[-1] if colours else empty or self.colours[0]

    def uniform(self, low: float, high: float) -> float:
        """A random number."""
        return self.random.uniform(low, high)

    def tone(self, colour: str, spread: float, *, ends: Sequence[str] = EXTREMES) -> str:
        """A random tone of a colour, at most `spread` towards one of `ends`."""
        return blend(colour, self.random.choice(ends), self.uniform(0, spread))

    def define(self, name: str, *content: str, **attributes: object) -> str:
        """Define a filter, a gradient or a clip; the reference to it."""
        identifier = f"d{len(self.definitions)}"
        self.definitions.append(tag(name, *content, id=identifier, **attributes))
        return f"url(#{identifier})"

    def clip(self, shape: Shape) -> str:
        """Define a clip to a shape."""
        return self.define("clipPath", tag("path", d=_data(shape) + "Z"))

    def gradient(
        self, *stops: tuple[str, str], name: str = "linearGradient", **place: object
    ) -> str:
        """Define a gradient through stops of offset and colour, by default from top to bottom."""
        parts = [tag("stop", offset=offset, stop_color=colour) for offset, colour in stops]
        return self.define(name, *parts, **(place or {"x2": 0, "y2": 1}))

    def filter(self, *steps: str) -> str:
        """Define a filter that may reach beyond its element."""
        reach = {"x": "-20%", "y": "-20%", "width": "140%", "height": "140%"}
        return self.define("filter", *steps, **reach, color_interpolation_filters="sRGB")

    def noise(self, frequency: str, **attributes: object) -> str:
        """A step of a filter: random clouds."""
        return tag("feTurbulence", type="fractalNoise", baseFrequency=frequency, numOctaves=3,
                   seed=self.random.randrange(99), **attributes)  # fmt: skip

    def rough(self, frequency: float, reach: float) -> str:
        """Define a filter that makes edges uneven; `reach` in pixels."""
        bend = tag("feDisplacementMap", in_="SourceGraphic", scale=reach, xChannelSelector="R",
                   yChannelSelector="G")  # fmt: skip
        return self.filter(self.noise(f"{frequency:.3f}"), bend)

    def blur(self, deviation: float | str) -> str:
        """Define a filter that blurs; `deviation` in pixels, one or across and down."""
        return self.filter(tag("feGaussianBlur", stdDeviation=deviation))

    def shadow(
        self, right: float, down: float, blur: float, opacity: str, colour: str = "#000"
    ) -> str:
        """Define a filter that casts a shadow."""
        return self.filter(tag("feDropShadow", dx=right, dy=down, stdDeviation=blur,
                               flood_color=colour, flood_opacity=opacity))  # fmt: skip

    def svg(self) -> str:
        """The drawing as a file."""
        definitions, space = tag("defs", *self.definitions), "http://www.w3.org/2000/svg"
        return tag("svg", definitions, *self.parts, xmlns=space, viewBox=f"0 0 {SIDE} {SIDE}")


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


def _data(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _stroke(data: str, colour: str, width: float, attributes: dict[str, object]) -> str:
    return tag("path", d=data, fill="none", stroke=colour, stroke_width=width, **attributes)


def _number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
