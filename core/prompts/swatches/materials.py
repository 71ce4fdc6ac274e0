"""Marks of things that are built, folded, sewn or set."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.prompts.swatches.shapes import SIDE, Shape, box, crest, disc, holds, wave
from core.prompts.swatches.sheet import (
    EXTREMES,
    INK,
    Sheet,
    area,
    blend,
    darker,
    lighter,
    line,
    outline,
)


def facets(sheet: Sheet) -> None:
    """Flat triangles, each of a tone of its own."""
    for corners, colour in _triangles(sheet, 20):
        tone = sheet.tone(colour, 0.24)
        sheet.draw(area(corners, tone, stroke=tone, stroke_width=0.6))


def folded(sheet: Sheet) -> None:
    """Creased paper: large triangles, light or shaded by their side."""
    for number, (corners, colour) in enumerate(_triangles(sheet, 40)):
        tone = blend(colour, EXTREMES[number % 2], 0.12 + number % 3 * 0.05)
        sheet.draw(area(corners, tone, stroke=lighter(tone, 0.25), stroke_width=0.8))


def cubes(sheet: Sheet) -> None:
    """Small cubes in an isometric grid."""
    half, flat = 10.0, 5.8
    for row in range(-1, 30):
        for column in range(-1, 10):
            x, y = column * 2 * half + row % 2 * half, (row + 1) * flat
            colour = sheet.colour_at(x, y)
            if colour != sheet.colours[0]:
                sheet.draw(*_block(x, y, half, flat, 11.0, colour, (0.28, 0.26)))


def pixels(sheet: Sheet) -> None:
    """Hard squares of few colours, with every other one shaded near an edge."""
    for x, y, even in _squares(8):
        colour = sheet.colour_at(x + 4, y + 4)
        near = sheet.colour_at(x + 4, y + 16)
        tone = darker(colour, 0.22) if even and near != colour else colour
        sheet.add("rect", x=x, y=y, width=8, height=8, fill=tone, shape_rendering="crispEdges")


def isometric(sheet: Sheet) -> None:
    """Clean blocks at equal angles."""
    _blocks(sheet)


def cutaway(sheet: Sheet) -> None:
    """Blocks at equal angles in thin lines and pale fields."""
    _blocks(sheet, stroke="#3a3d42", stroke_width=1, fill_opacity="0.55")


def modelled(sheet: Sheet) -> None:
    """Soft solids with a shadow."""
    shadow = sheet.shadow(0, 6, 6, "0.35")
    for number, (shape, colour) in enumerate(sheet.shapes()):
        stops = (("0", lighter(colour, 0.42)), ("0.5", colour), ("1", darker(colour, 0.3)))
        if number == 0:
            shade = sheet.gradient(*stops, name="radialGradient", cx=0.36, cy=0.3, r="0.8")
        else:
            shade = sheet.gradient(*stops)
        sheet.draw(area(shape, shade, filter=shadow))


def felted(sheet: Sheet) -> None:
    """Wool: many short hairs."""
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        sheet.draw(area(shape, colour, filter=sheet.rough(0.2, 7)))
        tones = (lighter(colour, 0.22), darker(colour, 0.14), colour)
        hairs: dict[str, str] = {}
        for _ in range(int((right - left) * (bottom - top) / 9)):
            x, y = sheet.uniform(left, right), sheet.uniform(top, bottom)
            if holds(shape, x, y):
                turn, tone = sheet.uniform(0, math.pi), sheet.random.choice(tones)
                dx, dy = 5 * math.cos(turn), 5 * math.sin(turn)
                hair = f"M{x:.0f} {y:.0f}q{dy:.0f} {dx:.0f} {dx:.0f} {dy:.0f}"
                hairs[tone] = hairs.get(tone, "") + hair
        for tone, data in hairs.items():
            sheet.add("path", d=data, fill="none", stroke=tone, stroke_width=0.9)


def stitched(sheet: Sheet) -> None:
    """Rows of satin stitch."""
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        stitches: dict[str, str] = {}
        for row in range(int(top) // 9 - 1, int(bottom) // 9 + 2):
            for column in range(int(left) // 4 - 1, int(right) // 4 + 2):
                x, y = column * 4 + 1.0, row * 9 + sheet.uniform(0, 2)
                if holds(shape, x, y + 5):
                    tone = blend(colour, "#ffffff", (column + row) % 3 * 0.13)
                    stitches[tone] = stitches.get(tone, "") + f"M{x:.0f} {y:.1f}l3 10"
        for tone, data in stitches.items():
            sheet.add("path", d=data, stroke=darker(tone, 0.3), stroke_width=3.4)
            sheet.add("path", d=data, stroke=tone, stroke_width=2.5, stroke_linecap="round")


def tiles(sheet: Sheet) -> None:
    """Small uneven stones in pale grout."""
    empty, side = lighter(sheet.colours[2], 0.62), 9.2
    for y in range(-11, 165, 11):
        for x in range(-11, 165, 11):
            corners = ((x, y), (x + side, y), (x + side, y + side), (x, y + side))
            uneven = [(right + sheet.uniform(-1.3, 1.3), down + sheet.uniform(-1.3, 1.3))
                      for right, down in corners]  # fmt: skip
            sheet.draw(area(uneven, sheet.tone(sheet.colour_at(x + 5, y + 5, empty), 0.2)))


def leaded(sheet: Sheet) -> None:
    """Glowing glass between lines of lead."""
    lead = "#17131c"
    for number, (corners, colour) in enumerate(_triangles(sheet, 46)):
        tone = lighter(colour, 0.08 + number % 4 * 0.12)
        sheet.draw(area(corners, tone, stroke=lead, stroke_width=4, stroke_linejoin="round"))
    sheet.draw(area(disc(radius=27), sheet.colours[3], stroke=lead, stroke_width=5))
    for base, phase in ((84, 0.6), (120, 2.3)):
        sheet.draw(line(crest(range(-8, 170, 8), base, phase), lead, 5))


def crackled(sheet: Sheet) -> None:
    """Glaze with fine cracks and a highlight."""
    modelled(sheet)
    for corners, colour in _triangles(sheet, 24):
        sheet.draw(outline(corners, darker(colour, 0.4), 0.7, opacity=0.45))
    sheet.add("ellipse", cx=100, cy=40, rx=8, ry=5, fill="#fff", opacity=0.75)


def grained(sheet: Sheet) -> None:
    """Wood: rings that bend around the disc."""
    for number, (shape, colour) in enumerate(sheet.shapes()):
        left, top, right, bottom = box(shape)
        across, rings = range(int(left) - 4, int(right) + 8, 6), []
        for index in range(int((bottom - top) / 4) + 8):
            ring = crest(across, top - 14 + index * 4, 0.6 + number, 9 + 3 * math.sin(index))
            rings.append(line(ring, darker(colour, 0.3), 0.8 + index % 3 * 0.5))
        sheet.draw(area(shape, colour))
        sheet.group(rings, clip_path=sheet.clip(shape), opacity=0.75)


def woven(sheet: Sheet) -> None:
    """Threads over and under each other."""
    for x, y, over in _squares(8):
        colour = sheet.colour_at(x + 4, y + 4)
        tone = lighter(colour, 0.12) if over else darker(colour, 0.12)
        width, height = (9, 6) if over else (6, 9)
        sheet.add("rect", x=x, y=y, width=width, height=height, rx=2, fill=tone)


def draped(sheet: Sheet) -> None:
    """Cloth that lies in soft folds."""
    for shape, colour in sheet.shapes():
        tones = (colour, lighter(colour, 0.3), darker(colour, 0.22), colour, darker(colour, 0.3))
        folds = ((f"{index / 9:.2f}", tones[index % 5]) for index in range(10))
        sheet.draw(area(shape, sheet.gradient(*folds, x2="0.9", y2="0.45")))


def boards(sheet: Sheet) -> None:
    """Concrete that was cast against boards."""
    blocks = ((0, 66, 160, 26, 1), (0, 92, 92, 70, 2), (92, 92, 68, 70, 1), (84, 26, 48, 66, 2))
    for x, y, width, height, index in blocks:
        for top in range(y, y + height, 7):
            tone, tall = sheet.tone(sheet.colours[index], 0.13), min(6.3, y + height - top)
            sheet.add("rect", x=x, y=top, width=width, height=tall, fill=tone)


def beams(sheet: Sheet) -> None:
    """Timber that crosses, with visible joints."""
    shadow = sheet.shadow(2, 3, 2, "0.4", "#2b1a08")
    timbers = (*((x, -4, 15, 168) for x in (18, 70, 122)), *((-4, y, 168, 13) for y in (34, 92)))
    for number, (x, y, width, height) in enumerate(timbers):
        colour = sheet.colours[1 + number % 2]
        sheet.add("rect", x=x, y=y, width=width, height=height, fill=colour, filter=shadow)
        upright = height > width
        grain = (f"M{x + step} {y}v{height}" if upright else f"M{x} {y + step}h{width}"
                 for step in (4, 9))  # fmt: skip
        sheet.add("path", d="".join(grain), stroke=darker(colour, 0.2), stroke_width=0.8,
                  opacity=0.7)  # fmt: skip
    for left in (25.5, 77.5, 129.5):
        for top in (40.5, 98.5):
            sheet.add("circle", cx=left, cy=top, r=2.6, fill=sheet.colours[3])


def badge(sheet: Sheet) -> None:
    """A centred emblem with a thick outline."""
    ground, first, second, accent = sheet.colours
    for radius, colour in ((68, INK), (61, first), (50, INK), (46, second)):
        sheet.draw(area(disc(80, 80, radius, 48), colour))
    waves = [area(wave(base, 60), fill, stroke=INK, stroke_width=4)
             for base, fill in ((84, first), (104, ground))]  # fmt: skip
    sheet.group(waves, clip_path=sheet.clip(disc(80, 80, 46, 48)))
    sheet.draw(area(disc(88, 62, 13), accent, stroke=INK, stroke_width=4))


def _squares(side: int) -> Iterator[tuple[int, int, bool]]:
    """Left and top of each square of a chessboard, and whether it is a light one."""
    for y in range(0, SIDE, side):
        for x in range(0, SIDE, side):
            yield x, y, (x + y) // side % 2 == 0


def _blocks(sheet: Sheet, **attributes: object) -> None:
    blocks = ((40, 92, 30, 44), (96, 74, 34, 66), (132, 112, 22, 30), (70, 128, 24, 22))
    for number, (x, y, half, tall) in enumerate(blocks):
        colour = sheet.colours[1 + number % 3]
        sheet.draw(*_block(x, y, half, half * 0.577, tall, colour, (0.3, 0.2), **attributes))


def _block(
    x: float, y: float, half: float, flat: float, tall: float, colour: str,
    shades: tuple[float, float], **attributes: object,
) -> tuple[str, str, str]:  # fmt: skip
    """The top, left and right of a block; `x` and `y` are the centre of its top."""
    north, east, south, west = (x, y - flat), (x + half, y), (x, y + flat), (x - half, y)
    foot = (x, y + flat + tall)
    left = (west, south, foot, (x - half, y + tall))
    right = (south, east, (x + half, y + tall), foot)
    return (
        area((north, east, south, west), lighter(colour, shades[0]), **attributes),
        area(left, colour, **attributes),
        area(right, darker(colour, shades[1]), **attributes),
    )


def _triangles(sheet: Sheet, size: float) -> Iterator[tuple[Shape, str]]:
    """An uneven net of triangles over the sheet, each with the colour of its centre."""
    count = int(SIDE / size) + 3
    net = [
        [((column - 1) * size + sheet.uniform(-0.3, 0.3) * size,
          (row - 1) * size + sheet.uniform(-0.3, 0.3) * size) for column in range(count)]
        for row in range(count)
    ]  # fmt: skip
    for row in range(count - 1):
        for column in range(count - 1):
            a, b = net[row][column : column + 2]
            c, d = net[row + 1][column : column + 2]
            for corners in ((a, b, c), (b, d, c)):
                x, y = (sum(axis) / 3 for axis in zip(*corners, strict=True))
                yield corners, sheet.colour_at(x, y)
