"""Marks of light: photographs, films and screens."""

from __future__ import annotations

from core.prompts.swatches.shapes import SIDE, crest, disc, moved, wave
from core.prompts.swatches.sheet import Sheet, area, blend, darker, lighter, line, outline, tag


def soft(sheet: Sheet) -> None:
    """Shapes out of focus."""
    _blurred(sheet, "5")


def misty(sheet: Sheet) -> None:
    """Layers that fade into haze."""
    ground = sheet.colours[0]
    sheet.draw(area(disc(), sheet.colours[3], opacity=0.9, filter=sheet.blur(4)))
    for index in range(5):
        colour = blend(ground, sheet.colours[1 if index < 3 else 2], 0.2 + index * 0.2)
        fade = sheet.gradient(("0", colour), ("0.5", blend(colour, ground, 0.55)))
        sheet.draw(area(wave(70 + index * 19, 90, phase=index * 1.7), fade))


def streaked(sheet: Sheet) -> None:
    """Movement drawn out to silk."""
    _blurred(sheet, "16 1.2")
    for _ in range(22):
        y, x = sheet.uniform(70, 156), sheet.uniform(-40, 90)
        end = x + sheet.uniform(40, 130)
        sheet.add("path", d=f"M{x:.0f} {y:.0f}H{end:.0f}", stroke=lighter(sheet.colours[3], 0.2),
                  stroke_width=sheet.uniform(0.5, 1.7), opacity=0.5)  # fmt: skip


def lamps(sheet: Sheet) -> None:
    """Lights out of focus, as discs."""
    _blurred(sheet, "12")
    tones = (sheet.colours[3], sheet.colours[2], lighter(sheet.colours[3]))
    for _ in range(20):
        x, y = sheet.uniform(0, SIDE), sheet.uniform(12, 150)
        colour, radius = sheet.random.choice(tones), sheet.uniform(5, 16)
        opacity = f"{sheet.uniform(0.25, 0.6):.2f}"
        sheet.add("circle", cx=x, cy=y, r=radius, fill=colour, opacity=opacity)
        sheet.add("circle", cx=x, cy=y, r=radius, fill="none", stroke=lighter(colour, 0.4),
                  stroke_width=0.8, opacity=opacity)  # fmt: skip


def shafts(sheet: Sheet) -> None:
    """Rays that fall from above."""
    _blurred(sheet, "7")
    glow, light = sheet.blur(3), lighter(sheet.colours[3], 0.4)
    for index in range(6):
        x, width = 20 + index * 24 + sheet.uniform(-7, 7), sheet.uniform(5, 15)
        data = f"M{x:.0f} -10L{x + width:.0f} -10L{x + width * 2.4 - 34:.0f} 170L{x - 44:.0f} 170Z"
        sheet.add("path", d=data, fill=light, opacity=0.26, filter=glow)


def flashed(sheet: Sheet) -> None:
    """Hard light from the front, with a hard shadow."""
    for shape, colour in sheet.shapes():
        sheet.draw(area(moved(shape, -9, 8), "#000", opacity=0.55))
        sheet.draw(area(shape, lighter(colour, 0.1)))
    spot = sheet.define(
        "radialGradient",
        tag("stop", offset="20%", stop_color="#fff", stop_opacity="0.4"),
        tag("stop", offset="75%", stop_color="#000", stop_opacity="0.45"),
        cx=0.62, cy=0.4, r="0.85",
    )  # fmt: skip
    sheet.add("rect", width=SIDE, height=SIDE, fill=spot)


def blinds(sheet: Sheet) -> None:
    """Light through blinds, all else black."""
    slits = (f"M-10 {y + 26}L170 {y - 14}L170 {y - 6}L-10 {y + 34}Z" for y in range(0, 160, 19))
    glow = sheet.blur("1.1")
    sheet.add("path", d="".join(slits), fill=sheet.colours[3], opacity=0.72, filter=glow)
    sheet.draw(area(wave(98, 80), sheet.colours[1], opacity=0.93))
    sheet.draw(area(wave(126, 60, phase=2.3), sheet.colours[2]))


def stark(sheet: Sheet) -> None:
    """Black and white only."""
    white, black, _, accent = sheet.colours
    sheet.add("path", d="M0 0H72L20 160H0Z", fill=black)
    sheet.draw(area(wave(86, 90), black), area(disc(), accent, stroke=black, stroke_width=5))
    for index in range(7):
        edge = crest(range(40 + index * 9, 168, 8), 104 + index * 8, 2.3, 5)
        sheet.draw(line(edge, white, 4.2 - index * 0.5))


def neon(sheet: Sheet) -> None:
    """Tubes of light, mirrored below."""
    glow = sheet.blur(5)
    _, first, second, accent = sheet.colours
    across = range(-8, 170, 8)
    tubes = ((outline, disc(radius=22), accent), (line, crest(across, 88), first),
             (line, crest(across, 112, 2.3), second))  # fmt: skip
    for stroke, tube, colour in tubes:
        sheet.draw(stroke(tube, colour, 9, filter=glow), stroke(tube, lighter(colour, 0.55), 3.4))
    for index in range(7):
        sheet.add("path", d=f"M{76 + index * 9} 132v{8 + index * 5 % 13}", stroke=accent,
                  stroke_width=3, opacity=0.45, filter=glow)  # fmt: skip


def torn_lines(sheet: Sheet) -> None:
    """Shifted channels and torn scan lines."""
    for tone, shift in (("#ff2a55", -7), ("#22e6ff", 7), (None, 0)):
        opacity = 0.75 if tone else 1
        sheet.group([area(moved(shape, shift, 0), tone or colour, opacity=opacity)
                     for shape, colour in sheet.shapes()])  # fmt: skip
    for _ in range(11):
        y, tall, x = sheet.uniform(14, 150), sheet.uniform(2, 7), sheet.uniform(-20, 110)
        colour = sheet.random.choice((*sheet.colours[1:], "#ff2a55", "#22e6ff"))
        wide = sheet.uniform(24, 80)
        sheet.add("rect", x=x, y=y, width=wide, height=tall, fill=colour, opacity=0.85)


def taped(sheet: Sheet) -> None:
    """A soft picture with colours that bleed sideways."""
    for shift, opacity in ((8, 0.35), (4, 0.4), (0, 0.75)):
        elements = [area(moved(shape, shift, 0), colour) for shape, colour in sheet.shapes()]
        sheet.group(elements, filter=sheet.blur("3.4 1.4"), opacity=opacity)


def symmetric(sheet: Sheet) -> None:
    """A frontal view, the same on both sides."""
    ground, first, second, accent = sheet.colours
    for inset, colour in ((0, ground), (16, lighter(first, 0.25)), (32, first), (48, second)):
        sheet.add("path", d=f"M{inset} 160V{inset + 12}H{160 - inset}V160Z", fill=colour)
    sheet.draw(area(disc(80, 84, 15), accent))
    sheet.add("path", d="M0 160L48 128H112L160 160Z", fill=darker(second, 0.14))
    sheet.add("path", d="M74 128H86L98 160H62Z", fill=accent, opacity=0.8)


def fields(sheet: Sheet) -> None:
    """Fields as they are seen from straight above."""
    for y in (-2, 39, 80, 121):
        left = -14.0
        while left < SIDE:
            width, colour = sheet.uniform(24, 52), sheet.random.choice(sheet.colours)
            right = left + width
            corners = ((left, y), (right - 3, y + 5), (right + 6, y + 38), (left + 9, y + 35))
            furrows = (f"M{left + step:.0f} {y + 2}l8 34" for step in range(4, int(width) - 3, 5))
            sheet.draw(area(corners, colour))
            sheet.add("path", d="".join(furrows), stroke=darker(colour, 0.18), stroke_width=0.8)
            left = right
    sheet.draw(area(wave(70, 7), sheet.colours[3]))


def _blurred(sheet: Sheet, deviation: str) -> None:
    blur = sheet.blur(deviation)
    sheet.group([area(shape, colour) for shape, colour in sheet.shapes()], filter=blur)
