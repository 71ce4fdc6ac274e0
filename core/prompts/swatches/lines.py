"""Marks of pens, pencils and drawings to scale."""

from __future__ import annotations

import math

from core.prompts.swatches.shapes import SIDE, Shape, box, crest, disc, height_at, moved
from core.prompts.swatches.sheet import Sheet, area, blend, line, outline, tag


def hatched(sheet: Sheet) -> None:
    """Searching outlines and light hatching."""
    _hatch(sheet, gap=5, angles=(38,), width=1.1, outlines=3)


def cross_hatched(sheet: Sheet) -> None:
    """Dense layers of hatching."""
    _hatch(sheet, gap=3.6, angles=(42, -38, 84), width=0.9, outlines=1)


def etched(sheet: Sheet) -> None:
    """Fine bitten lines."""
    _hatch(sheet, gap=2.6, angles=(12, -52), width=0.7, outlines=1)


def coloured(sheet: Sheet) -> None:
    """Layers of coloured pencil."""
    for shape, colour in sheet.shapes():
        sheet.draw(area(shape, blend(sheet.colours[0], colour, 0.15)))
        tones = ((34, colour), (50, blend(colour, sheet.colours[3], 0.3)))
        lines = [_parallel(sheet, shape, angle, 2.6, stroke=tone, stroke_width=1.7, opacity=0.62)
                 for angle, tone in tones]  # fmt: skip
        sheet.group(lines, clip_path=sheet.clip(shape))


def stippled(sheet: Sheet) -> None:
    """Shading by points, with precise outlines."""
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        dots = ""
        for _ in range(int((right - left) * (bottom - top) / 13)):
            x = sheet.uniform(left, right)
            y = top + (bottom - top) * sheet.random.random() ** 0.55
            dots += f"M{x:.1f} {y:.1f}h.1"
        sheet.draw(area(shape, sheet.colours[0]))
        sheet.add("path", d=dots, stroke=colour, stroke_width=1.6, stroke_linecap="round",
                  clip_path=sheet.clip(shape))  # fmt: skip
        sheet.draw(outline(shape, colour, 1.3))


def one_line(sheet: Sheet) -> None:
    """A single continuous line with a loop for the disc."""
    low = 74.0
    start = [(float(x), _towards(height_at(x, 100), low, x / 108)) for x in range(-4, 109, 4)]
    loop = [*disc(corners=24)[6::-1], *disc(corners=24)[:5:-1]]
    end = [(float(x), _towards(height_at(x, 120, 2.3), low, (164 - x) / 56))
           for x in range(108, SIDE + 5, 4)]  # fmt: skip
    sheet.draw(line([*start, *loop, *end], sheet.colours[1], 2.6, stroke_linejoin="round"))


def engraved(sheet: Sheet) -> None:
    """Curved parallel lines that swell."""
    for index in range(34):
        swell = 0.8 + 1.5 * abs(math.sin(index / 5))
        edge = crest(range(-4, 166, 8), index * 5 - 6, index / 9, 8)
        sheet.draw(line(edge, sheet.colours[1 + index % 2], swell))
    sheet.draw(area(disc(), sheet.colours[0]))
    rings = (disc(radius=radius) for radius in range(4, 25, 4))
    sheet.draw(*(outline(ring, sheet.colours[3], 1.5) for ring in rings))


def drafted(sheet: Sheet) -> None:
    """Thin lines to scale, with extended axes and measures."""
    _draft(sheet)
    sheet.add("path", d="M0 50H160M108 0V160", stroke=sheet.colours[1], stroke_width=0.7,
              stroke_dasharray="9 3 2 3")  # fmt: skip
    measure = "M84 18H132M84 13V23M132 13V23"
    sheet.add("path", d=measure, stroke=sheet.colours[3], stroke_width=1.2)


def seamed(sheet: Sheet) -> None:
    """Thin outlines with a dashed seam inside."""
    _draft(sheet, seam="4 3")


def planned(sheet: Sheet) -> None:
    """A plan from above: washes, paths and trees as circles."""
    ink = "#4a4a45"
    for shape, colour in sheet.shapes():
        sheet.draw(area(shape, blend(sheet.colours[0], colour, 0.6), stroke=ink, stroke_width=1))
    for _ in range(17):
        x, y, radius = sheet.uniform(8, 152), sheet.uniform(70, 152), sheet.uniform(4, 10)
        sheet.add("circle", cx=x, cy=y, r=radius, fill=sheet.colours[3], opacity=0.5)
        sheet.add("circle", cx=x, cy=y, r=radius, fill="none", stroke=ink, stroke_width=0.8)
        sheet.add("circle", cx=x, cy=y, r=1, fill=ink)


def wired(sheet: Sheet) -> None:
    """A mesh of bright lines."""
    for index in range(15):
        row = [(float(x), _hill(x, index)) for x in range(-4, 166, 6)]
        sheet.draw(line(row, sheet.colours[1 + index % 2], 1.1))
    for x in range(0, SIDE + 1, 12):
        column = [(x + (x - 80) * index / 30, _hill(x, index)) for index in range(15)]
        sheet.draw(line(column, sheet.colours[2], 0.8, opacity=0.8))
    for radius in (8, 16, 24):
        for tall in (radius, 24):
            sheet.add("ellipse", cx=108, cy=40, rx=radius, ry=tall, fill="none",
                      stroke=sheet.colours[3], stroke_width=1)  # fmt: skip


def scribbled(sheet: Sheet) -> None:
    """Loose marker areas under a quick ink line."""
    edge = sheet.rough(0.02, 10)
    for shape, colour in sheet.shapes():
        sheet.draw(area(moved(shape, 4, 3), colour, opacity=0.75))
        sheet.draw(*(outline(shape, "#221d24", width, filter=edge) for width in (2.4, 0.9)))


def _towards(start: float, end: float, share: float) -> float:
    return start + (end - start) * max(0.0, share) ** 3


def _hill(x: float, index: int) -> float:
    return 76 + index * 6.2 - 14 * math.sin(x / 26 + index / 4) * (1 - index / 18)


def _draft(sheet: Sheet, seam: str | None = None) -> None:
    ink = sheet.colours[1]
    for number, (shape, colour) in enumerate(sheet.shapes()):
        sheet.draw(area(shape, blend(sheet.colours[0], colour, 0.16)), outline(shape, ink, 1.6))
        if seam:
            inner = moved(shape, 0, 5) if number else disc(radius=18)
            sheet.draw(outline(inner, ink, 1, stroke_dasharray=seam))


def _hatch(
    sheet: Sheet, *, gap: float, angles: tuple[int, ...], width: float, outlines: int
) -> None:
    ink = sheet.colours[1]
    for number, (shape, _) in enumerate(sheet.shapes(), start=1):
        sheet.draw(area(shape, sheet.colours[0]))
        lines = [_parallel(sheet, shape, angle, gap, stroke=ink, stroke_width=width)
                 for angle in angles[: max(1, number * len(angles) // 3)]]  # fmt: skip
        sheet.group(lines, clip_path=sheet.clip(shape), opacity=0.85)
        for _ in range(outlines):
            shift = sheet.uniform(-1.4, 1.4) if outlines > 1 else 0
            sheet.draw(outline(moved(shape, shift, shift), ink, width))


def _parallel(sheet: Sheet, shape: Shape, angle: float, gap: float, **attributes: object) -> str:
    """Lines at an angle in degrees over the box of a shape, a little uneven."""
    left, top, right, bottom = box(shape)
    reach = math.hypot(right - left, bottom - top) / 2 + 4
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    data = ""
    for index in range(int(2 * reach / gap)):
        shift = -reach + index * gap + sheet.uniform(-0.15, 0.15) * gap
        x, y = (left + right) / 2 + sin * shift, (top + bottom) / 2 + cos * shift
        data += f"M{x - cos * reach:.1f} {y + sin * reach:.1f}"
        data += f"L{x + cos * reach:.1f} {y - sin * reach:.1f}"
    return tag("path", d=data, fill="none", **attributes)
