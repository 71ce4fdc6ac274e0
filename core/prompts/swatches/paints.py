"""Marks of paint, paper and print."""

from __future__ import annotations

from core.prompts.swatches.shapes import SIDE, Shape, box, disc, height_at, holds, moved, wave
from core.prompts.swatches.sheet import (
    EXTREMES,
    INK,
    Sheet,
    area,
    blend,
    darker,
    lighter,
    outline,
    tag,
)


def flat(sheet: Sheet) -> None:
    """Plain areas."""
    sheet.draw(*(area(shape, colour) for shape, colour in sheet.shapes()))


def outlined(sheet: Sheet) -> None:
    """Plain areas within even outlines."""
    for shape, colour in sheet.shapes():
        sheet.draw(area(shape, colour, stroke=INK, stroke_width=4))


def toned(sheet: Sheet) -> None:
    """Two tones of shadow within thin outlines."""
    for shape, colour in sheet.shapes():
        dark, lit = area(moved(shape, 7, 9), darker(colour, 0.28)), moved(shape, -5, -7)
        sheet.draw(area(shape, colour))
        sheet.group([dark, area(lit, colour)], clip_path=sheet.clip(shape))
        sheet.draw(outline(shape, INK, 2.2))


def layered(sheet: Sheet) -> None:
    """Sheets of paper with soft shadows."""
    shadow = sheet.shadow(0, 3, 3, "0.4")
    sheet.draw(*(area(shape, colour, filter=shadow) for shape, colour in sheet.shapes()))


def torn(sheet: Sheet) -> None:
    """Torn paper: a white edge under a coloured sheet."""
    edge = sheet.rough(0.07, 9)
    for shape, colour in sheet.shapes():
        sheet.group([area(moved(shape, 0, -3), "#fbf8f1"), area(shape, colour)], filter=edge)


def wash(sheet: Sheet) -> None:
    """Transparent layers with wet edges."""
    edge = sheet.rough(0.03, 16)
    for shape, colour in sheet.shapes():
        for reach, opacity in ((0, 0.5), (3, 0.3)):
            layer = moved(shape, reach, reach * 1.5)
            sheet.draw(area(layer, colour, opacity=opacity, filter=edge))
        sheet.draw(outline(shape, darker(colour, 0.2), 1.6, opacity=0.55, filter=edge))


def brushed(sheet: Sheet) -> None:
    """Strokes of a wide brush, with the marks of its hairs."""
    edge = sheet.rough(0.05, 5)
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        middle, hairs = (left + right) / 2, []
        for _ in range(int((bottom - top) * 1.1)):
            y, swing = sheet.uniform(top, bottom), sheet.uniform(-4, 4)
            tone = blend(colour, sheet.random.choice(EXTREMES), 0.16)
            data = f"M{left:.0f} {y:.1f}Q{middle:.0f} {y + swing:.1f} {right:.0f} {y:.1f}"
            width = sheet.uniform(0.8, 2.6)
            hairs.append(tag("path", d=data, stroke=tone, stroke_width=width, fill="none"))
        painted = tag("g", area(shape, colour), *hairs, clip_path=sheet.clip(shape))
        sheet.group([painted], filter=edge)


def dabs(sheet: Sheet) -> None:
    """Short separate strokes, each of a tone of its own."""
    for shape, colour in sheet.shapes():
        for x, y in _scattered(sheet, shape, 85):
            tone = sheet.tone(colour, 0.2, ends=(*EXTREMES, sheet.colours[3]))
            rise, half = sheet.uniform(-4, 4), 15 * sheet.uniform(0.35, 0.65)
            data = f"M{x - half:.0f} {y + rise:.0f}L{x + half:.0f} {y - rise:.0f}"
            sheet.add("path", d=data, stroke=tone, stroke_width=8, stroke_linecap="round")


def knife(sheet: Sheet) -> None:
    """Thick paint that catches the light."""
    relief = sheet.filter(
        sheet.noise("0.025 0.11", result="n"),
        tag("feDiffuseLighting", tag("feDistantLight", azimuth=235, elevation=52), in_="n",
            surfaceScale=7, diffuseConstant="1.25", lighting_color="#fff", result="l"),
        tag("feComposite", in_="SourceGraphic", in2="l", operator="arithmetic", k1="1.05",
            k2="0", k3="0", k4="0"),
    )  # fmt: skip
    base = tag("rect", width=SIDE, height=SIDE, fill=sheet.colours[0])
    sheet.group([base, *(area(shape, colour) for shape, colour in sheet.shapes())], filter=relief)


def poured(sheet: Sheet) -> None:
    """Bands that marble into each other."""
    bands = [
        tag("rect", x=-40, y=y, width=SIDE + 80, height=10, fill=sheet.colours[index % 4])
        for index, y in enumerate(range(-40, 194, 9))
    ]
    sheet.group(bands, filter=sheet.rough(0.013, 95))


def points(sheet: Sheet) -> None:
    """Dots of pure colour."""
    for shape, colour in sheet.shapes():
        tones = (colour, colour, lighter(colour, 0.35), darker(colour, 0.2), sheet.colours[3])
        dots = dict.fromkeys(tones, "")
        for x, y in _scattered(sheet, shape, 420):
            dots[sheet.random.choice(tones)] += f"M{x:.0f} {y:.0f}h.1"
        for tone, data in dots.items():
            sheet.add("path", d=data, stroke=tone, stroke_width=5.4, stroke_linecap="round")


def crayon(sheet: Sheet) -> None:
    """Chalk, crayon or charcoal on rough paper."""
    dusty = sheet.filter(
        sheet.noise("0.55 0.4", result="n"),
        tag("feColorMatrix", in_="n", values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 -5 0 0 0 3.2",
            result="m"),
        tag("feComposite", in_="SourceGraphic", in2="m", operator="in"),
    )  # fmt: skip
    edge = sheet.rough(0.09, 5)
    for shape, colour in sheet.shapes():
        sheet.draw(area(shape, blend(sheet.colours[0], colour, 0.3), filter=edge))
        chalk = (area(shape, colour, opacity=0.9), outline(shape, colour, 4))
        sheet.group([tag("g", *chalk, filter=edge)], filter=dusty)


def marker(sheet: Sheet) -> None:
    """Overlapping strokes of a broad pen, and a loose line."""
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        sheet.draw(area(shape, sheet.colours[0]))
        strokes = [
            tag("path", d=f"M{left - 6:.0f} {y:.0f}L{right + 6:.0f} {y - 9:.0f}", stroke=colour,
                stroke_width=13, opacity=0.62)
            for y in range(int(top), int(bottom) + 12, 10)
        ]  # fmt: skip
        sheet.group(strokes, clip_path=sheet.clip(shape))
        sheet.draw(outline(moved(shape, 2, -2), "#26222b", 1.8))


def overprinted(sheet: Sheet) -> None:
    """Two inks that miss each other by a little."""
    for shift, ink in ((-3, sheet.colours[1]), (4, sheet.colours[2])):
        for shape, _ in sheet.shapes():
            sheet.draw(area(moved(shape, shift, shift / 2), ink, opacity=0.68))


def halftone(sheet: Sheet) -> None:
    """A grid of dots that grow with the tone."""
    sheet.group([area(shape, lighter(colour, 0.45)) for shape, colour in sheet.shapes()])
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        for row in range(int(top) // 8, int(bottom) // 8 + 1):
            for column in range(int(left) // 8, int(right) // 8 + 1):
                x, y = column * 8 + row % 2 * 4, row * 8
                if holds(shape, x, y):
                    radius = 1.2 + 3.2 * (y - top) / (bottom - top + 1)
                    sheet.add("circle", cx=x, cy=y, r=radius, fill=colour)


def carved(sheet: Sheet) -> None:
    """One dark ink with gouged lines."""
    edge = sheet.rough(0.08, 3)
    for shape, _ in sheet.shapes():
        inked = tag("g", area(shape, sheet.colours[1]), *_gouges(sheet, shape),
                    clip_path=sheet.clip(shape))  # fmt: skip
        sheet.group([inked], filter=edge)
    sheet.draw(area(disc(radius=15), sheet.colours[3], filter=edge))


def poster(sheet: Sheet) -> None:
    """Large simple bands."""
    flat(sheet)
    for base, colour, share in ((101, sheet.colours[1], 0.22), (138, sheet.colours[2], 0.3)):
        sheet.draw(area(wave(base, 60, phase=base / 30), darker(colour, share)))


def _gouges(sheet: Sheet, shape: Shape) -> list[str]:
    left, top, right, bottom = box(shape)
    gouges = []
    for index in range(int((bottom - top) / 6) + 2):
        y = top + index * 6 + sheet.uniform(-1, 1)
        start = left + sheet.uniform(-4, 30)
        while start < right:
            end = start + sheet.uniform(14, 42)
            middle = (start + end) / 2
            bend = y + (height_at(middle, y) - y) / 2
            data = f"M{start:.0f} {y:.0f}Q{middle:.0f} {bend + 2.2:.1f} {end:.0f} {y:.0f}"
            data += f"Q{middle:.0f} {bend - 1:.1f} {start:.0f} {y:.0f}Z"
            gouges.append(tag("path", d=data, fill=sheet.colours[0]))
            start = end + sheet.uniform(5, 16)
    return gouges


def _scattered(sheet: Sheet, shape: Shape, count: int) -> list[tuple[float, float]]:
    """Points inside a shape; `count` of them over a whole wave, fewer over the disc."""
    left, top, right, bottom = box(shape)
    tries = max(8, round(count * (right - left) * (bottom - top) / (SIDE * 60) * 1.4))
    tried = ((sheet.uniform(left, right), sheet.uniform(top, bottom)) for _ in range(tries))
    return [point for point in tried if holds(shape, *point)]
