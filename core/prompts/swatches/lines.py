"""Marks of pens, pencils and drawings to scale."""

from __future__ import annotations

import math

from core.prompts.swatches.paints import rough
from core.prompts.swatches.sheet import (
    SIDE,
    Shape,
    Sheet,
    blend,
    box,
    disc,
    height_at,
    path_of,
    tag,
)


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
        sheet.add("path", d=path_of(shape), fill=blend(sheet.colours[0], colour, 0.15))
        lines = []
        for angle, tone in ((34, colour), (50, blend(colour, sheet.colours[3], 0.3))):
            lines += _parallel(sheet, shape, angle, 2.6, stroke=tone, stroke_width=1.7,
                               opacity=0.62)  # fmt: skip
        sheet.group(lines, clip_path=sheet.clip(shape))


def stippled(sheet: Sheet) -> None:
    """Shading by points, with precise outlines."""
    for shape, colour in sheet.shapes():
        left, top, right, bottom = box(shape)
        dots = ""
        for _ in range(int((right - left) * (bottom - top) / 13)):
            x = sheet.random.uniform(left, right)
            y = top + (bottom - top) * sheet.random.random() ** 0.55
            dots += f"M{x:.1f} {y:.1f}h.1"
        sheet.add("path", d=path_of(shape), fill=sheet.colours[0])
        sheet.add("path", d=dots, stroke=colour, stroke_width=1.6, stroke_linecap="round",
                  clip_path=sheet.clip(shape))  # fmt: skip
        sheet.add("path", d=path_of(shape), fill="none", stroke=colour, stroke_width=1.3)


def one_line(sheet: Sheet) -> None:
    """A single continuous line with a loop for the disc."""
    low = 74.0
    start = [(float(x), _towards(height_at(x, 100), low, x / 108)) for x in range(-4, 109, 4)]
    loop = [*disc(corners=24)[6::-1], *disc(corners=24)[:5:-1]]
    end = [(float(x), _towards(height_at(x, 120, 2.3), low, (164 - x) / 56))
           for x in range(108, SIDE + 5, 4)]  # fmt: skip
    sheet.add("path", d=path_of([*start, *loop, *end], closed=False), fill="none",
              stroke=sheet.colours[1], stroke_width=2.6, stroke_linejoin="round")  # fmt: skip


def engraved(sheet: Sheet) -> None:
    """Curved parallel lines that swell."""
    for index in range(34):
        base, colour = index * 5 - 6, sheet.colours[1 + index % 2]
        swell = 0.8 + 1.5 * abs(math.sin(index / 5))
        data = path_of([(float(x), height_at(x, base, index / 9, 8)) for x in range(-4, 166, 8)],
                       closed=False)  # fmt: skip
        sheet.add("path", d=data, fill="none", stroke=colour, stroke_width=swell)
    sheet.add("path", d=path_of(disc()), fill=sheet.colours[0])
    for radius in range(4, 25, 4):
        sheet.add("path", d=path_of(disc(radius=radius)), fill="none", stroke=sheet.colours[3],
                  stroke_width=1.5)  # fmt: skip


def drafted(sheet: Sheet) -> None:
    """Thin lines to scale, with extended axes and measures."""
    _draft(sheet, dashes=None)


def seamed(sheet: Sheet) -> None:
    """Thin outlines with a dashed seam inside."""
    _draft(sheet, dashes="4 3")


def planned(sheet: Sheet) -> None:
    """A plan from above: washes, paths and trees as circles."""
    for shape, colour in sheet.shapes():
        pale = blend(sheet.colours[0], colour, 0.6)
        sheet.add("path", d=path_of(shape), fill=pale, stroke="#4a4a45", stroke_width=1)
    for _ in range(17):
        x, y = sheet.random.uniform(8, 152), sheet.random.uniform(70, 152)
        radius = sheet.random.uniform(4, 10)
        sheet.add("circle", cx=x, cy=y, r=radius, fill=sheet.colours[3], opacity=0.5)
        sheet.add("circle", cx=x, cy=y, r=radius, fill="none", stroke="#4a4a45", stroke_width=0.8)
        sheet.add("circle", cx=x, cy=y, r=1, fill="#4a4a45")


def wired(sheet: Sheet) -> None:
    """A mesh of bright lines."""
    for index in range(15):
        data = path_of([(float(x), _hill(x, index)) for x in range(-4, 166, 6)], closed=False)
        sheet.add("path", d=data, fill="none", stroke=sheet.colours[1 + index % 2],
                  stroke_width=1.1)  # fmt: skip
    for x in range(0, SIDE + 1, 12):
        column = [(x + (x - 80) * index / 30, _hill(x, index)) for index in range(15)]
        sheet.add("path", d=path_of(column, closed=False), fill="none", stroke=sheet.colours[2],
                  stroke_width=0.8, opacity=0.8)  # fmt: skip
    for radius in (8, 16, 24):
        for tall in (radius, 24):
            sheet.add("ellipse", cx=108, cy=40, rx=radius, ry=tall, fill="none",
                      stroke=sheet.colours[3], stroke_width=1)  # fmt: skip


def scribbled(sheet: Sheet) -> None:
    """Loose marker areas under a quick ink line."""
    edge = rough(sheet, 0.02, 10)
    for shape, colour in sheet.shapes():
        shifted = tuple((x + 4, y + 3) for x, y in shape)
        sheet.add("path", d=path_of(shifted), fill=colour, opacity=0.75)
        for width in (2.4, 0.9):
            sheet.add("path", d=path_of(shape), fill="none", stroke="#221d24",
                      stroke_width=width, filter=edge)  # fmt: skip


def _towards(start: float, end: float, share: float) -> float:
    return start + (end - start) * max(0.0, share) ** 3


def _hill(x: float, index: int) -> float:
    return 76 + index * 6.2 - 14 * math.sin(x / 26 + index / 4) * (1 - index / 18)


def _draft(sheet: Sheet, dashes: str | None) -> None:
    line = sheet.colours[1]
    for shape, colour in sheet.shapes():
        sheet.add("path", d=path_of(shape), fill=blend(sheet.colours[0], colour, 0.16))
        sheet.add("path", d=path_of(shape), fill="none", stroke=line, stroke_width=1.6)
        if dashes:
            inner = tuple((x, y + 5) for x, y in shape) if len(shape) > 36 else disc(radius=18)
            sheet.add("path", d=path_of(inner), fill="none", stroke=line, stroke_width=1,
                      stroke_dasharray=dashes)  # fmt: skip
    if not dashes:
        sheet.add("path", d="M0 50H160M108 0V160", stroke=line, stroke_width=0.7,
                  stroke_dasharray="9 3 2 3")  # fmt: skip
        sheet.add("path", d="M84 18H132M84 13V23M132 13V23", stroke=sheet.colours[3],
                  stroke_width=1.2)  # fmt: skip


def _hatch(
    sheet: Sheet, *, gap: float, angles: tuple[int, ...], width: float, outlines: int
) -> None:
    ink = sheet.colours[1]
    for number, (shape, _) in enumerate(sheet.shapes(), start=1):
        sheet.add("path", d=path_of(shape), fill=sheet.colours[0])
        lines = [
            line
            for angle in angles[: max(1, number * len(angles) // 3)]
            for line in _parallel(sheet, shape, angle, gap, stroke=ink, stroke_width=width)
        ]
        sheet.group(lines, clip_path=sheet.clip(shape), opacity=0.85)
        for _ in range(outlines):
            shift = sheet.random.uniform(-1.4, 1.4) if outlines > 1 else 0
            moved = tuple((x + shift, y + shift) for x, y in shape)
            sheet.add("path", d=path_of(moved), fill="none", stroke=ink, stroke_width=width)


def _parallel(
    sheet: Sheet, shape: Shape, angle: float, gap: float, **attributes: object
) -> list[str]:
    """Lines at an angle in degrees over the box of a shape, a little uneven."""
    left, top, right, bottom = box(shape)
    x, y = (left + right) / 2, (top + bottom) / 2
    reach = math.hypot(right - left, bottom - top) / 2 + 4
    turn = math.radians(angle)
    along, across = (math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))
    data = []
    for index in range(int(2 * reach / gap)):
        shift = -reach + index * gap + sheet.random.uniform(-0.15, 0.15) * gap
        centre = (x + across[0] * shift, y + across[1] * shift)
        data.append(
            f"M{centre[0] - along[0] * reach:.1f} {centre[1] - along[1] * reach:.1f}"
            f"L{centre[0] + along[0] * reach:.1f} {centre[1] + along[1] * reach:.1f}"
        )
    return [tag("path", d="".join(data), fill="none", **attributes)]
