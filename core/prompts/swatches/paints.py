"""Marks of paint, paper and print."""

from __future__ import annotations

from core.prompts.swatches.sheet import (
    SIDE,
    Shape,
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


def rough(sheet: Sheet, frequency: float, reach: float) -> str:
    """A filter that makes edges uneven; `reach` in pixels."""
    return sheet.filter(
        tag("feTurbulence", type="fractalNoise", baseFrequency=f"{frequency:.3f}", numOctaves=3,
            seed=sheet.random.randrange(99)),
        tag("feDisplacementMap", in_="SourceGraphic", scale=reach, xChannelSelector="R",
            yChannelSelector="G"),
    )  # fmt: skip


def flat(sheet: Sheet) -> None:
    """Plain areas."""
    for shape, colour in sheet.shapes():
        sheet.add("path", d=path_of(shape), fill=colour)


def outlined(sheet: Sheet) -> None:
    """Plain areas within even outlines."""
    for shape, colour in sheet.shapes():
        sheet.add("path", d=path_of(shape), fill=colour, stroke="#1b1720", stroke_width=4)


def toned(sheet: Sheet) -> None:
    """Two tones of shadow within thin outlines."""
    for shape, colour in sheet.shapes():
        shade = tuple((x + 7, y + 9) for x, y in shape)
        sheet.add("path", d=path_of(shape), fill=colour)
        clip = sheet.clip(shape)
        dark = tag("path", d=path_of(shade), fill=darker(colour, 0.28))
        lit = tag("path", d=path_of(tuple((x - 5, y - 7) for x, y in shape)), fill=colour)
        sheet.group([dark, lit], clip_path=clip)
        sheet.add("path", d=path_of(shape), fill="none", stroke="#1b1720", stroke_width=2.2)


def layered(sheet: Sheet) -> None:
    """Sheets of paper with soft shadows."""
    shadow = sheet.filter(
        tag("feDropShadow", dx=0, dy=3, stdDeviation=3, flood_color="#000", flood_opacity="0.4")
    )
    for shape, colour in sheet.shapes():
        sheet.add("path", d=path_of(shape), fill=colour, filter=shadow)


def torn(sheet: Sheet) -> None:
    """Torn paper: a white edge under a coloured sheet."""
    edge = rough(sheet, 0.07, 9)
    for shape, colour in sheet.shapes():
        lower = tuple((x, y - 3) for x, y in shape)
        parts = [(lower, "#fbf8f1"), (shape, colour)]
        elements = [tag("path", d=path_of(part), fill=fill) for part, fill in parts]
        sheet.group(elements, filter=edge)


def wash(sheet: Sheet) -> None:
    """Transparent layers with wet edges."""
    edge = rough(sheet, 0.03, 16)
    for shape, colour in sheet.shapes():
        data = path_of(shape)
        for reach, opacity in ((0, 0.5), (3, 0.3)):
            shifted = path_of(tuple((x + reach, y + reach * 1.5) for x, y in shape))
            sheet.add("path", d=shifted, fill=colour, opacity=opacity, filter=edge)
        sheet.add("path", d=data, fill="none", stroke=darker(colour, 0.2), stroke_width=1.6,
                  opacity=0.55, filter=edge)  # fmt: skip


def brushed(sheet: Sheet) -> None:
    """Strokes of a wide brush, with the marks of its hairs."""
    edge = rough(sheet, 0.05, 5)
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        hairs = []
        for _ in range(int((bottom - top) * 1.1)):
            y, swing = sheet.random.uniform(top, bottom), sheet.random.uniform(-4, 4)
            tone = blend(colour, sheet.random.choice(("#ffffff", "#000000")), 0.16)
            data = (
                f"M{left:.0f} {y:.1f}Q{(left + right) / 2:.0f} {y + swing:.1f} {right:.0f} {y:.1f}"
            )
            width = sheet.random.uniform(0.8, 2.6)
            hairs.append(tag("path", d=data, stroke=tone, stroke_width=width, fill="none"))
        base = tag("path", d=path_of(shape), fill=colour)
        sheet.group([tag("g", base, *hairs, clip_path=sheet.clip(shape))], filter=edge)


def dabs(sheet: Sheet) -> None:
    """Short separate strokes, each of a tone of its own."""
    _strokes(sheet, count=85, length=15, width=8, spread=0.2)


def knife(sheet: Sheet) -> None:
    """Thick paint that catches the light."""
    relief = sheet.filter(
        tag("feTurbulence", type="fractalNoise", baseFrequency="0.025 0.11", numOctaves=3,
            seed=sheet.random.randrange(99), result="n"),
        tag("feDiffuseLighting", tag("feDistantLight", azimuth=235, elevation=52), in_="n",
            surfaceScale=7, diffuseConstant="1.25", lighting_color="#fff", result="l"),
        tag("feComposite", in_="SourceGraphic", in2="l", operator="arithmetic", k1="1.05",
            k2="0", k3="0", k4="0"),
    )  # fmt: skip
    elements = []
    for shape, colour in sheet.shapes():
        elements.append(tag("path", d=path_of(shape), fill=colour))
    base = tag("rect", width=SIDE, height=SIDE, fill=sheet.colours[0])
    sheet.group([base, *elements], filter=relief)


def poured(sheet: Sheet) -> None:
    """Bands that marble into each other."""
    bent = rough(sheet, 0.013, 95)
    bands = []
    for index in range(26):
        colour = sheet.colours[index % 4]
        y = index * 9 - 40
        bands.append(tag("rect", x=-40, y=y, width=SIDE + 80, height=10, fill=colour))
    sheet.group(bands, filter=bent)


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
        tag("feTurbulence", type="fractalNoise", baseFrequency="0.55 0.4", numOctaves=3,
            seed=sheet.random.randrange(99), result="n"),
        tag("feColorMatrix", in_="n", values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 -5 0 0 0 3.2",
            result="m"),
        tag("feComposite", in_="SourceGraphic", in2="m", operator="in"),
    )  # fmt: skip
    edge = rough(sheet, 0.09, 5)
    for shape, colour in sheet.shapes():
        sheet.add("path", d=path_of(shape), fill=blend(sheet.colours[0], colour, 0.3), filter=edge)
        area = tag("path", d=path_of(shape), fill=colour, opacity=0.9)
        line = tag("path", d=path_of(shape), fill="none", stroke=colour, stroke_width=4)
        sheet.group([tag("g", area, line, filter=edge)], filter=dusty)


def marker(sheet: Sheet) -> None:
    """Overlapping strokes of a broad pen, and a loose line."""
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        sheet.add("path", d=path_of(shape), fill=sheet.colours[0])
        elements = [
            tag("path", d=f"M{left - 6:.0f} {y:.0f}L{right + 6:.0f} {y - 9:.0f}", stroke=colour,
                stroke_width=13, opacity=0.62)
            for y in range(int(top), int(bottom) + 12, 10)
        ]  # fmt: skip
        sheet.group(elements, clip_path=sheet.clip(shape))
        loose = tuple((x + 2, y - 2) for x, y in shape)
        sheet.add("path", d=path_of(loose), fill="none", stroke="#26222b", stroke_width=1.8)


def overprinted(sheet: Sheet) -> None:
    """Two inks that miss each other by a little."""
    for shift, index in ((-3, 1), (4, 2)):
        for shape, _ in sheet.shapes():
            data = path_of(tuple((x + shift, y + shift / 2) for x, y in shape))
            sheet.add("path", d=data, fill=sheet.colours[index], opacity=0.68)


def halftone(sheet: Sheet) -> None:
    """A grid of dots that grow with the tone."""
    flat_parts = [tag("path", d=path_of(shape), fill=lighter(colour, 0.45))
                  for shape, colour in sheet.shapes()]  # fmt: skip
    sheet.group(flat_parts)
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        for row in range(int(top) // 8, int(bottom) // 8 + 1):
            for column in range(int(left) // 8, int(right) // 8 + 1):
                x, y = column * 8 + row % 2 * 4, row * 8
                if holds(shape, x, y):
                    grown = 1.2 + 3.2 * (y - top) / (bottom - top + 1)
                    sheet.add("circle", cx=x, cy=y, r=grown, fill=colour)


def carved(sheet: Sheet) -> None:
    """One dark ink with gouged lines."""
    ink, bare = sheet.colours[1], sheet.colours[0]
    edge = rough(sheet, 0.08, 3)
    for shape, _ in sheet.shapes():
        left, top, right, bottom = box(shape)
        cuts = []
        for index in range(int((bottom - top) / 6) + 2):
            y = top + index * 6 + sheet.random.uniform(-1, 1)
            start = left + sheet.random.uniform(-4, 30)
            while start < right:
                end = start + sheet.random.uniform(14, 42)
                bend = height_at((start + end) / 2, y) - y
                middle = (start + end) / 2
                data = (
                    f"M{start:.0f} {y:.0f}Q{middle:.0f} {y + bend / 2 + 2.2:.1f} {end:.0f} {y:.0f}"
                )
                data += f"Q{middle:.0f} {y + bend / 2 - 1:.1f} {start:.0f} {y:.0f}Z"
                cuts.append(tag("path", d=data, fill=bare))
                start = end + sheet.random.uniform(5, 16)
        inked = tag("path", d=path_of(shape), fill=ink)
        sheet.group([tag("g", inked, *cuts, clip_path=sheet.clip(shape))], filter=edge)
    sheet.add("path", d=path_of(disc(radius=15)), fill=sheet.colours[3], filter=edge)


def poster(sheet: Sheet) -> None:
    """Large simple bands."""
    flat(sheet)
    for base, share in ((101, 0.22), (138, 0.3)):
        colour = darker(sheet.colours[1 if base < 120 else 2], share)
        sheet.add("path", d=path_of(wave(base, 60, phase=base / 30)), fill=colour)


def _strokes(sheet: Sheet, *, count: int, length: float, width: float, spread: float) -> None:
    for shape, colour in sheet.shapes():
        for x, y in _scattered(sheet, shape, count):
            tone = blend(colour, sheet.random.choice(("#ffffff", "#000000", sheet.colours[3])),
                         sheet.random.uniform(0, spread))  # fmt: skip
            rise = sheet.random.uniform(-4, 4)
            half = length * sheet.random.uniform(0.35, 0.65)
            sheet.add("path", d=f"M{x - half:.0f} {y + rise:.0f}L{x + half:.0f} {y - rise:.0f}",
                      stroke=tone, stroke_width=width, stroke_linecap="round")  # fmt: skip


def _scattered(sheet: Sheet, shape: Shape, count: int) -> list[tuple[float, float]]:
    """Points inside a shape; `count` of them over a whole wave, fewer over the disc."""
    left, top, right, bottom = box(shape)
    tries = max(8, round(count * (right - left) * (bottom - top) / (SIDE * 60) * 1.4))
    tried = (
        (sheet.random.uniform(left, right), sheet.random.uniform(top, bottom)) for _ in range(tries)
    )
    return [point for point in tried if holds(shape, *point)]
