"""Dominant colours of an image: a few clusters in OKLab, with their shares and names.

The clusters begin with the heaviest colour and then with those farthest from all before, so that
the same pixels always give the same colours, and a small bright spot is not lost in a background.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import atan2, degrees, hypot, sqrt
from typing import Any

from PIL import Image

COLOURS = (
    "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown",
    "black", "grey", "white",
)  # fmt: skip
"""The names, in the order of a palette."""
SIDE = 48
MOST_COLOURS = 5
LEAST_SHARE = 0.04
LEAST_DISTANCE = 0.12
"""Of two clusters, in OKLab; about six times the smallest difference that people see."""
ROUNDS = 6
_OPAQUE = 128
_LEVELS = [value & 0xF8 | value >> 5 for value in range(256)] * 3  # 32 of each channel

Lab = tuple[float, float, float]
Point = tuple[Lab, int]
"""A colour and its number of pixels."""


def dominant_colours(image: Image.Image) -> list[dict[str, Any]]:
    """Up to `MOST_COLOURS` records `{name, hex, share}`, the largest share (0 to 1) first.

    Transparent pixels do not count; an image without opaque ones has no colours.
    """
    points = _points(image)
    total = sum(weight for _, weight in points)
    clusters = _clusters(points)
    colours = [
        {"name": name_of(centre), "hex": _hex(centre), "share": round(weight / total, 3)}
        for centre, weight in sorted(clusters, key=lambda cluster: (-cluster[1], cluster[0]))
        if weight >= LEAST_SHARE * total
    ]
    return colours[:MOST_COLOURS]


def name_of(colour: Lab) -> str:
    """The name of a colour in OKLab, one of `COLOURS`."""
    light, chroma = colour[0], hypot(colour[1], colour[2])
    if light < 0.2 or chroma < 0.035 or (chroma < 0.05 and light > 0.93):
        return "black" if light < 0.28 else "white" if light > 0.88 else "grey"
    hue = degrees(atan2(colour[2], colour[1])) % 360
    if hue >= 320 or hue < 42:
        return _of_reds(hue, light, chroma)
    if hue < 85:
        return "brown" if light < 0.6 or chroma < 0.075 else "orange"
    if hue < 118:
        return "yellow" if light > 0.6 else "green"
    ends = ((165, "green"), (225, "teal"), (285, "blue"), (320, "purple"))
    return next(name for end, name in ends if hue < end)


def to_oklab(red: int, green: int, blue: int) -> Lab:
    """A colour of sRGB, 0 to 255, in OKLab: lightness 0 to 1, and two axes of colour."""
    r, g, b = _LINEAR[red], _LINEAR[green], _LINEAR[blue]
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    middle = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _of_reds(hue: float, light: float, chroma: float) -> str:
    if 12 <= hue < 42 and chroma < 0.1 and light < 0.6:
        return "brown"
    if light > 0.68:
        return "pink"
    return "purple" if 320 <= hue < 345 else "red"


def _points(image: Image.Image) -> list[Point]:
    small = image.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.BOX)
    alpha = small.getchannel("A").point(lambda value: 255 * (value >= _OPAQUE))
    levels = small.convert("RGB").point(_LEVELS)
    levels.putalpha(alpha)
    counted: Sequence[tuple[int, Any]] = levels.getcolors(SIDE * SIDE) or ()
    return [(to_oklab(*colour[:3]), count) for count, colour in counted if colour[3]]


def _clusters(points: Sequence[Point]) -> list[Point]:
    """Cluster by k-means; return the centres with their numbers of pixels."""
    centres = _first_centres(points)
    weights: list[int] = []
    for _ in range(ROUNDS if centres else 0):
        sums = [[0.0, 0.0, 0.0, 0] for _ in centres]
        for colour, weight in points:
            nearest = min(range(len(centres)), key=partial(_distance_to, centres, colour))
            total = sums[nearest]
            for axis in range(3):
                total[axis] += colour[axis] * weight
            total[3] += weight
        kept = [total for total in sums if total[3]]
        centres = [(a / n, b / n, c / n) for a, b, c, n in kept]
        weights = [int(total[3]) for total in kept]
    return list(zip(centres, weights, strict=True))


def _first_centres(points: Sequence[Point]) -> list[Lab]:
    """The heaviest colour, then those far from all before; weight decides between far ones."""
    if not points:
        return []
    centres = [max(points, key=lambda point: (point[1], point[0]))[0]]
    nearest = [_distance(colour, centres[0]) for colour, _ in points]
    while len(centres) <= MOST_COLOURS:
        ranks = [
            distance * sqrt(weight) if distance >= LEAST_DISTANCE else 0.0
            for distance, (_, weight) in zip(nearest, points, strict=True)
        ]
        best = max(range(len(points)), key=lambda place: (ranks[place], points[place]))
        if not ranks[best]:
            break
        centres.append(points[best][0])
        nearest = [
            min(distance, _distance(colour, centres[-1]))
            for distance, (colour, _) in zip(nearest, points, strict=True)
        ]
    return centres


def _distance_to(centres: Sequence[Lab], colour: Lab, place: int) -> float:
    return _distance(colour, centres[place])


def _distance(first: Lab, second: Lab) -> float:
    return sqrt(
        (first[0] - second[0]) ** 2 + (first[1] - second[1]) ** 2 + (first[2] - second[2]) ** 2
    )


def _hex(colour: Lab) -> str:
    light, a, b = colour
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return "#" + "".join(f"{_encoded(value):02x}" for value in linear)


def _encoded(value: float) -> int:
    clipped = min(max(value, 0.0), 1.0)
    curve = 12.92 * clipped if clipped <= 0.0031308 else 1.055 * clipped ** (1 / 2.4) - 0.055
    return round(255 * curve)


def _decoded(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


_LINEAR = [_decoded(level / 255) for level in range(256)]
