"""Marks of light: photographs, films and screens."""

from __future__ import annotations

from core.prompts.swatches.grounds import gradient
from core.prompts.swatches.sheet import (
    SIDE,
    Sheet,
    blend,
    darker,
    disc,
    height_at,
    lighter,
    path_of,
    tag,
    wave,
)


def soft(sheet: Sheet) -> None:
    """Shapes out of focus."""
    _blurred(sheet, "5")


def misty(sheet: Sheet) -> None:
    """Layers that fade into haze."""
    ground = sheet.colours[0]
    sheet.add("path", d=path_of(disc()), fill=sheet.colours[3], opacity=0.9,
              filter=sheet.filter(tag("feGaussianBlur", stdDeviation=4)))  # fmt: skip
    for index in range(5):
        base = 70 + index * 19
        colour = blend(ground, sheet.colours[1 if index < 3 else 2], 0.2 + index * 0.2)
        fade = gradient(sheet, ("0", colour), ("0.5", blend(colour, ground, 0.55)))
        sheet.add("path", d=path_of(wave(base, 90, phase=index * 1.7)), fill=fade)


def streaked(sheet: Sheet) -> None:
    """Movement drawn out to silk."""
    _blurred(sheet, "16 1.2")
    for _ in range(22):
        y, x = sheet.random.uniform(70, 156), sheet.random.uniform(-40, 90)
        end = x + sheet.random.uniform(40, 130)
        sheet.add("path", d=f"M{x:.0f} {y:.0f}H{end:.0f}", stroke=lighter(sheet.colours[3], 0.2),
                  stroke_width=sheet.random.uniform(0.5, 1.7), opacity=0.5)  # fmt: skip


def lamps(sheet: Sheet) -> None:
    """Lights out of focus, as discs."""
    _blurred(sheet, "12")
    for _ in range(20):
        x, y = sheet.random.uniform(0, SIDE), sheet.random.uniform(12, 150)
        colour = sheet.random.choice(
            (sheet.colours[3], sheet.colours[2], lighter(sheet.colours[3]))
        )
        radius = sheet.random.uniform(5, 16)
        opacity = f"{sheet.random.uniform(0.25, 0.6):.2f}"
        sheet.add("circle", cx=x, cy=y, r=radius, fill=colour, opacity=opacity)
        sheet.add("circle", cx=x, cy=y, r=radius, fill="none", stroke=lighter(colour, 0.4),
                  stroke_width=0.8, opacity=opacity)  # fmt: skip


def shafts(sheet: Sheet) -> None:
    """Rays that fall from above."""
    _blurred(sheet, "7")
    glow = sheet.filter(tag("feGaussianBlur", stdDeviation=3))
    for index in range(6):
        x = 20 + index * 24 + sheet.random.uniform(-7, 7)
        width = sheet.random.uniform(5, 15)
        data = f"M{x:.0f} -10L{x + width:.0f} -10L{x + width * 2.4 - 34:.0f} 170L{x - 44:.0f} 170Z"
        sheet.add("path", d=data, fill=lighter(sheet.colours[3], 0.4), opacity=0.26, filter=glow)


def flashed(sheet: Sheet) -> None:
    """Hard light from the front, with a hard shadow."""
    for shape, colour in sheet.shapes():
        shadow = tuple((x - 9, y + 8) for x, y in shape)
        sheet.add("path", d=path_of(shadow), fill="#000", opacity=0.55)
        sheet.add("path", d=path_of(shape), fill=lighter(colour, 0.1))
    spot = sheet.define(
        "radialGradient",
        tag("stop", offset="20%", stop_color="#fff", stop_opacity="0.4"),
        tag("stop", offset="75%", stop_color="#000", stop_opacity="0.45"),
        cx=0.62, cy=0.4, r="0.85",
    )  # fmt: skip
    sheet.add("rect", width=SIDE, height=SIDE, fill=spot)


def blinds(sheet: Sheet) -> None:
    """Light through blinds, all else black."""
    light = sheet.colours[3]
    data = "".join(
        f"M-10 {y + 26}L170 {y - 14}L170 {y - 6}L-10 {y + 34}Z" for y in range(0, 160, 19)
    )
    sheet.add("path", d=data, fill=light, opacity=0.72,
              filter=sheet.filter(tag("feGaussianBlur", stdDeviation="1.1")))  # fmt: skip
    sheet.add("path", d=path_of(wave(98, 80)), fill=sheet.colours[1], opacity=0.93)
    sheet.add("path", d=path_of(wave(126, 60, phase=2.3)), fill=sheet.colours[2])


def stark(sheet: Sheet) -> None:
    """Black and white only."""
    black, white = sheet.colours[1], sheet.colours[0]
    sheet.add("path", d="M0 0H72L20 160H0Z", fill=black)
    sheet.add("path", d=path_of(wave(86, 90)), fill=black)
    sheet.add("path", d=path_of(disc()), fill=sheet.colours[3], stroke=black, stroke_width=5)
    for index in range(7):
        y = 104 + index * 8
        data = path_of([(float(x), height_at(x, y, 2.3, 5)) for x in range(40 + index * 9, 168, 8)],
                       closed=False)  # fmt: skip
        sheet.add("path", d=data, fill="none", stroke=white, stroke_width=4.2 - index * 0.5)


def neon(sheet: Sheet) -> None:
    """Tubes of light, mirrored below."""
    glow = sheet.filter(tag("feGaussianBlur", stdDeviation=5))
    lines = [path_of(disc(radius=22))]
    lines += [path_of([(float(x), height_at(x, base, phase)) for x in range(-8, 170, 8)],
                      closed=False) for base, phase in ((88.0, 0.6), (112.0, 2.3))]  # fmt: skip
    for data, colour in zip(lines, (sheet.colours[3], *sheet.colours[1:3]), strict=True):
        for width, tone, blur in ((9, colour, glow), (3.4, lighter(colour, 0.55), None)):
            sheet.add("path", d=data, fill="none", stroke=tone, stroke_width=width, filter=blur)
    for index in range(7):
        sheet.add("path", d=f"M{76 + index * 9} 132v{8 + index * 5 % 13}", stroke=sheet.colours[3],
                  stroke_width=3, opacity=0.45, filter=glow)  # fmt: skip


def torn_lines(sheet: Sheet) -> None:
    """Shifted channels and torn scan lines."""
    channels = (("#ff2a55", -7), ("#22e6ff", 7), (None, 0))
    for tone, shift in channels:
        elements = [
            tag("path", d=path_of(tuple((x + shift, y) for x, y in shape)), fill=tone or colour,
                opacity=0.75 if tone else 1)
            for shape, colour in sheet.shapes()
        ]  # fmt: skip
        sheet.group(elements)
    for _ in range(11):
        y, tall = sheet.random.uniform(14, 150), sheet.random.uniform(2, 7)
        x = sheet.random.uniform(-20, 110)
        colour = sheet.random.choice((*sheet.colours[1:], "#ff2a55", "#22e6ff"))
        wide = sheet.random.uniform(24, 80)
        sheet.add("rect", x=x, y=y, width=wide, height=tall, fill=colour, opacity=0.85)


def taped(sheet: Sheet) -> None:
    """A soft picture with colours that bleed sideways."""
    for shift, opacity in ((8, 0.35), (4, 0.4), (0, 0.75)):
        blur = sheet.filter(tag("feGaussianBlur", stdDeviation="3.4 1.4"))
        elements = [tag("path", d=path_of(tuple((x + shift, y) for x, y in shape)), fill=colour)
                    for shape, colour in sheet.shapes()]  # fmt: skip
        sheet.group(elements, filter=blur, opacity=opacity)


def symmetric(sheet: Sheet) -> None:
    """A frontal view, the same on both sides."""
    ground, first, second, accent = sheet.colours
    for inset, colour in ((0, ground), (16, lighter(first, 0.25)), (32, first), (48, second)):
        data = f"M{inset} 160V{inset + 12}H{160 - inset}V160Z"
        sheet.add("path", d=data, fill=colour)
    sheet.add("path", d=path_of(disc(80, 84, 15)), fill=accent)
    sheet.add("path", d="M0 160L48 128H112L160 160Z", fill=darker(second, 0.14))
    sheet.add("path", d="M74 128H86L98 160H62Z", fill=accent, opacity=0.8)


def fields(sheet: Sheet) -> None:
    """Fields as they are seen from straight above."""
    for row in range(4):
        left = -14.0
        while left < SIDE:
            width = sheet.random.uniform(24, 52)
            colour = sheet.random.choice(sheet.colours)
            y = row * 41 - 2
            right = left + width
            corners = ((left, y), (right - 3, y + 5), (right + 6, y + 38), (left + 9, y + 35))
            sheet.add("path", d=path_of(corners), fill=colour)
            furrows = "".join(
                f"M{left + step:.0f} {y + 2}l8 34" for step in range(4, int(width) - 3, 5)
            )
            sheet.add("path", d=furrows, stroke=darker(colour, 0.18), stroke_width=0.8)
            left += width
    sheet.add("path", d=path_of(wave(70, 7)), fill=sheet.colours[3])


def _blurred(sheet: Sheet, deviation: str) -> None:
    blur = sheet.filter(tag("feGaussianBlur", stdDeviation=deviation))
    sheet.group(
        [tag("path", d=path_of(shape), fill=colour) for shape, colour in sheet.shapes()],
        filter=blur,
    )
