"""Marks of things that are built, folded, sewn or set."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.prompts.swatches.grounds import gradient
from core.prompts.swatches.paints import rough
from core.prompts.swatches.sheet import (
    SIDE,
    Point,
    Sheet,
    blend,
    box,
    darker,
    disc,
    height_at,
    holds,
    lighter,
    path_of,
    tag,
    wave,
)


def facets(sheet: Sheet) -> None:
    """Flat triangles, each of a tone of its own."""
    for corners, colour in _triangles(sheet, 20):
        tone = blend(colour, sheet.random.choice(("#ffffff", "#000000")),
                     sheet.random.uniform(0, 0.24))  # fmt: skip
        sheet.add("path", d=path_of(corners), fill=tone, stroke=tone, stroke_width=0.6)


def folded(sheet: Sheet) -> None:
    """Creased paper: large triangles, light or shaded by their side."""
    for number, (corners, colour) in enumerate(_triangles(sheet, 40)):
        tone = blend(colour, ("#ffffff", "#000000")[number % 2], 0.12 + number % 3 * 0.05)
        sheet.add("path", d=path_of(corners), fill=tone, stroke=lighter(tone, 0.25),
                  stroke_width=0.8)  # fmt: skip


def cubes(sheet: Sheet) -> None:
    """Small cubes in an isometric grid."""
    half, flat, tall = 10.0, 5.8, 11.0
    for row in range(-1, 30):
        for column in range(-1, 10):
            x, y = column * 2 * half + row % 2 * half, row * flat
            colour = _colour_at(sheet, x, y + flat)
            if colour == sheet.colours[0]:
                continue
            top = [(x, y), (x + half, y + flat), (x, y + 2 * flat), (x - half, y + flat)]
            left = [top[3], top[2], (x, y + 2 * flat + tall), (x - half, y + flat + tall)]
            right = [top[2], top[1], (x + half, y + flat + tall), left[2]]
            for side, tone in ((top, lighter(colour, 0.28)), (left, colour),
                               (right, darker(colour, 0.26))):  # fmt: skip
                sheet.add("path", d=path_of(side), fill=tone)


def pixels(sheet: Sheet) -> None:
    """Hard squares of few colours, with every other one shaded near an edge."""
    for row in range(SIDE // 8):
        for column in range(SIDE // 8):
            x, y = column * 8, row * 8
            colour = _colour_at(sheet, x + 4, y + 4)
            near = _colour_at(sheet, x + 4, y + 16)
            shaded = (row + column) % 2 == 0 and near != colour
            tone = darker(colour, 0.22) if shaded else colour
            sheet.add("rect", x=x, y=y, width=8, height=8, fill=tone, shape_rendering="crispEdges")


def isometric(sheet: Sheet) -> None:
    """Clean blocks at equal angles."""
    blocks = ((40, 92, 30, 44), (96, 74, 34, 66), (132, 112, 22, 30), (70, 128, 24, 22))
    for number, (x, y, half, tall) in enumerate(blocks):
        colour = sheet.colours[1 + number % 3]
        flat = half * 0.577
        top = [(x, y - flat), (x + half, y), (x, y + flat), (x - half, y)]
        left = [(x - half, y), (x, y + flat), (x, y + flat + tall), (x - half, y + tall)]
        right = [(x, y + flat), (x + half, y), (x + half, y + tall), (x, y + flat + tall)]
        for side, tone in ((top, lighter(colour, 0.3)), (left, colour),
                           (right, darker(colour, 0.2))):  # fmt: skip
            sheet.add("path", d=path_of(side), fill=tone)


def cutaway(sheet: Sheet) -> None:
    """Blocks at equal angles in thin lines and pale fields."""
    isometric(sheet)
    line = "#3a3d42"
    sheet.parts[-12:] = [
        part.replace("<path ", f'<path stroke="{line}" stroke-width="1" fill-opacity="0.55" ')
        for part in sheet.parts[-12:]
    ]


def modelled(sheet: Sheet) -> None:
    """Soft solids with a shadow."""
    shadow = sheet.filter(
        tag("feDropShadow", dx=0, dy=6, stdDeviation=6, flood_color="#000", flood_opacity="0.35")
    )
    for shape, colour in sheet.shapes():
        stops = (("0", lighter(colour, 0.42)), ("0.5", colour), ("1", darker(colour, 0.3)))
        parts = [tag("stop", offset=offset, stop_color=tone) for offset, tone in stops]
        if len(shape) == 36:
            shade = sheet.define("radialGradient", *parts, cx=0.36, cy=0.3, r="0.8")
        else:
            shade = gradient(sheet, *stops)
        sheet.add("path", d=path_of(shape), fill=shade, filter=shadow)


def felted(sheet: Sheet) -> None:
    """Wool: many short hairs."""
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        sheet.add("path", d=path_of(shape), fill=colour, filter=rough(sheet, 0.2, 7))
        data: dict[str, str] = {}
        for _ in range(int((right - left) * (bottom - top) / 9)):
            x, y = sheet.random.uniform(left, right), sheet.random.uniform(top, bottom)
            if holds(shape, x, y):
                turn, tone = (
                    sheet.random.uniform(0, math.pi),
                    sheet.random.choice((lighter(colour, 0.22), darker(colour, 0.14), colour)),
                )
                dx, dy = 5 * math.cos(turn), 5 * math.sin(turn)
                data[tone] = (
                    data.get(tone, "") + f"M{x:.0f} {y:.0f}q{dy:.0f} {dx:.0f} {dx:.0f} {dy:.0f}"
                )
        for tone, lines in data.items():
            sheet.add("path", d=lines, fill="none", stroke=tone, stroke_width=0.9)


def stitched(sheet: Sheet) -> None:
    """Rows of satin stitch."""
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        data: dict[str, str] = {}
        for row in range(int(top) // 9 - 1, int(bottom) // 9 + 2):
            for column in range(int(left) // 4 - 1, int(right) // 4 + 2):
                x, y = column * 4 + 1.0, row * 9 + sheet.random.uniform(0, 2)
                if holds(shape, x, y + 5):
                    tone = blend(colour, "#ffffff", (column + row) % 3 * 0.13)
                    data[tone] = data.get(tone, "") + f"M{x:.0f} {y:.1f}l3 10"
        for tone, lines in data.items():
            sheet.add("path", d=lines, stroke=darker(tone, 0.3), stroke_width=3.4)
            sheet.add("path", d=lines, stroke=tone, stroke_width=2.5, stroke_linecap="round")


def tiles(sheet: Sheet) -> None:
    """Small uneven stones in pale grout."""
    for row in range(-1, 15):
        for column in range(-1, 15):
            corners = [(column * 11 + dx * 9.2, row * 11 + dy * 9.2)
                       for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))]  # fmt: skip
            uneven = [(x + sheet.random.uniform(-1.3, 1.3), y + sheet.random.uniform(-1.3, 1.3))
                      for x, y in corners]  # fmt: skip
            colour = _colour_at(
                sheet, column * 11 + 5, row * 11 + 5, empty=lighter(sheet.colours[2], 0.62)
            )
            tone = blend(colour, sheet.random.choice(("#ffffff", "#000000")),
                         sheet.random.uniform(0, 0.2))  # fmt: skip
            sheet.add("path", d=path_of(uneven), fill=tone)


def leaded(sheet: Sheet) -> None:
    """Glowing glass between lines of lead."""
    for number, (corners, colour) in enumerate(_triangles(sheet, 46)):
        tone = lighter(colour, 0.08 + number % 4 * 0.12)
        sheet.add("path", d=path_of(corners), fill=tone, stroke="#17131c", stroke_width=4,
                  stroke_linejoin="round")  # fmt: skip
    sheet.add("path", d=path_of(disc(radius=27)), fill=sheet.colours[3], stroke="#17131c",
              stroke_width=5)  # fmt: skip
    for base, phase in ((84.0, 0.6), (120.0, 2.3)):
        edge = [(float(x), height_at(x, base, phase)) for x in range(-8, 170, 8)]
        sheet.add("path", d=path_of(edge, closed=False), fill="none", stroke="#17131c",
                  stroke_width=5)  # fmt: skip


def crackled(sheet: Sheet) -> None:
    """Glaze with fine cracks and a highlight."""
    modelled(sheet)
    for corners, colour in _triangles(sheet, 24):
        sheet.add("path", d=path_of(corners), fill="none", stroke=darker(colour, 0.4),
                  stroke_width=0.7, opacity=0.45, filter=None)  # fmt: skip
    sheet.add("ellipse", cx=100, cy=40, rx=8, ry=5, fill="#fff", opacity=0.75)


def grained(sheet: Sheet) -> None:
    """Wood: rings that bend around the disc."""
    for number, (shape, colour) in enumerate(sheet.shapes()):
        sheet.add("path", d=path_of(shape), fill=colour)
        left, top, right, bottom = box(shape)
        lines = []
        for index in range(int((bottom - top) / 4) + 8):
            base, swing = top - 14 + index * 4, 9 + 3 * math.sin(index)
            across = range(int(left) - 4, int(right) + 8, 6)
            ring = [(float(x), height_at(x, base, 0.6 + number, swing)) for x in across]
            data = path_of(ring, closed=False)
            lines.append(tag("path", d=data, fill="none", stroke=darker(colour, 0.3),
                             stroke_width=0.8 + index % 3 * 0.5))  # fmt: skip
        sheet.group(lines, clip_path=sheet.clip(shape), opacity=0.75)


def woven(sheet: Sheet) -> None:
    """Threads over and under each other."""
    gap = 8
    for row in range(SIDE // gap):
        for column in range(SIDE // gap):
            x, y = column * gap, row * gap
            over = (row + column) % 2 == 0
            colour = _colour_at(sheet, x + 4, y + 4)
            tone = lighter(colour, 0.12) if over else darker(colour, 0.12)
            width, height = (gap + 1, gap - 2) if over else (gap - 2, gap + 1)
            sheet.add("rect", x=x, y=y, width=width, height=height, rx=2, fill=tone)


def draped(sheet: Sheet) -> None:
    """Cloth that lies in soft folds."""
    for shape, colour in sheet.shapes():
        tones = (colour, lighter(colour, 0.3), darker(colour, 0.22), colour, darker(colour, 0.3))
        parts = [
            tag("stop", offset=f"{index / 9:.2f}", stop_color=tones[index % 5])
            for index in range(10)
        ]
        shade = sheet.define("linearGradient", *parts, x2="0.9", y2="0.45")
        sheet.add("path", d=path_of(shape), fill=shade)


def boards(sheet: Sheet) -> None:
    """Concrete that was cast against boards."""
    blocks = ((0, 66, 160, 26, 1), (0, 92, 92, 70, 2), (92, 92, 68, 70, 1), (84, 26, 48, 66, 2))
    for x, y, width, height, index in blocks:
        colour = sheet.colours[index]
        for line in range(y, y + height, 7):
            tone = blend(colour, sheet.random.choice(("#ffffff", "#000000")),
                         sheet.random.uniform(0, 0.13))  # fmt: skip
            tall = min(6.3, y + height - line)
            sheet.add("rect", x=x, y=line, width=width, height=tall, fill=tone)


def beams(sheet: Sheet) -> None:
    """Timber that crosses, with visible joints."""
    shadow = sheet.filter(
        tag("feDropShadow", dx=2, dy=3, stdDeviation=2, flood_color="#2b1a08", flood_opacity="0.4")
    )
    for number, (x, y, width, height) in enumerate(
        ((18, -4, 15, 168), (70, -4, 15, 168), (122, -4, 15, 168), (-4, 34, 168, 13),
         (-4, 92, 168, 13))
    ):  # fmt: skip
        colour = sheet.colours[1 + number % 2]
        sheet.add("rect", x=x, y=y, width=width, height=height, fill=colour, filter=shadow)
        upright = height > width
        grain = "".join(
            f"M{x + step} {y}v{height}" if upright else f"M{x} {y + step}h{width}"
            for step in (4, 9)
        )
        sheet.add("path", d=grain, stroke=darker(colour, 0.2), stroke_width=0.8, opacity=0.7)
    for left in (25.5, 77.5, 129.5):
        for top in (40.5, 98.5):
            sheet.add("circle", cx=left, cy=top, r=2.6, fill=sheet.colours[3])


def badge(sheet: Sheet) -> None:
    """A centred emblem with a thick outline."""
    for radius, colour in ((68, "#1b1720"), (61, sheet.colours[1]), (50, "#1b1720"),
                           (46, sheet.colours[2])):  # fmt: skip
        sheet.add("path", d=path_of(disc(80, 80, radius, 48)), fill=colour)
    clip = sheet.clip(disc(80, 80, 46, 48))
    waves = [tag("path", d=path_of(wave(base, 60)), fill=fill, stroke="#1b1720", stroke_width=4)
             for base, fill in ((84, sheet.colours[1]), (104, sheet.colours[0]))]  # fmt: skip
    sheet.group(waves, clip_path=clip)
    sheet.add("path", d=path_of(disc(88, 62, 13)), fill=sheet.colours[3], stroke="#1b1720",
              stroke_width=4)  # fmt: skip


def _colour_at(sheet: Sheet, x: float, y: float, empty: str | None = None) -> str:
    """The colour of the composition at a point."""
    colour = empty or sheet.colours[0]
    for shape, own in sheet.shapes():
        if holds(shape, x, y):
            colour = own
    return colour


def _triangles(sheet: Sheet, size: float) -> Iterator[tuple[list[Point], str]]:
    """An uneven net of triangles over the sheet, each with the colour of its centre."""
    count = int(SIDE / size) + 3
    net = [
        [((column - 1) * size + sheet.random.uniform(-0.3, 0.3) * size,
          (row - 1) * size + sheet.random.uniform(-0.3, 0.3) * size) for column in range(count)]
        for row in range(count)
    ]  # fmt: skip
    for row in range(count - 1):
        for column in range(count - 1):
            a, b = net[row][column], net[row][column + 1]
            c, d = net[row + 1][column], net[row + 1][column + 1]
            for corners in ([a, b, c], [b, d, c]):
                x, y = (sum(axis) / 3 for axis in zip(*corners, strict=True))
                yield corners, _colour_at(sheet, x, y)
