"""Garments: an outline, a pattern inside it, then the details."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw

from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.colors import RGB, shade, tint
from tools.nano.drawing.geometry import Points, shifted
from tools.nano.drawing.parts import DETAIL, GARMENT, PATTERN

PATTERNS = ("plain", "striped", "dotted", "checked")

OUTLINES: dict[str, Points] = {
    "dress": [
        *((-0.3, -0.95), (-0.14, -0.95), (0, -0.72), (0.14, -0.95), (0.3, -0.95), (0.32, -0.55)),
        *((0.24, -0.12), (0.76, 0.92), (-0.76, 0.92), (-0.24, -0.12), (-0.32, -0.55)),
    ],
    "t-shirt": [
        *((-0.26, -0.8), (0.26, -0.8), (0.52, -0.72), (1.0, -0.28), (0.76, 0.04), (0.52, -0.18)),
        *(
            (0.52, 0.84),
            (-0.52, 0.84),
            (-0.52, -0.18),
            (-0.76, 0.04),
            (-1.0, -0.28),
            (-0.52, -0.72),
        ),
    ],
    "skirt": [(-0.4, -0.6), (0.4, -0.6), (0.86, 0.72), (-0.86, 0.72)],
    "coat": [
        *((-0.26, -0.92), (0.26, -0.92), (0.54, -0.78), (0.95, 0.28), (0.7, 0.42), (0.52, 0.0)),
        *((0.6, 0.95), (-0.6, 0.95), (-0.52, 0.0), (-0.7, 0.42), (-0.95, 0.28), (-0.54, -0.78)),
    ],
    "trousers": [
        *((-0.46, -0.92), (0.46, -0.92), (0.58, 0.95), (0.14, 0.95), (0, -0.28)),
        *((-0.14, 0.95), (-0.58, 0.95)),
    ],
    "hat": [
        *((-0.46, 0.36), (-0.4, -0.34), (-0.26, -0.48), (0.26, -0.48), (0.4, -0.34), (0.46, 0.36)),
    ],
}


def second_color(color: RGB) -> RGB:
    """Colour of a pattern: white, or dark on a light garment."""
    return (252, 252, 250) if sum(color) < 640 else (60, 66, 92)


def draw_garment(
    canvas: Canvas, subject: str, x: float, y: float, r: float, color: RGB, pattern: str
) -> None:
    outline = shifted(OUTLINES[subject], x, y, r)
    canvas.begin(GARMENT)
    if subject == "hat":
        canvas.ellipse(x, y + 0.4 * r, r, 0.2 * r, shade(color, 0.15))
    canvas.polygon(outline, color)
    if pattern != "plain":
        base = canvas.style.fill(color)
        ink = canvas.style.line or canvas.style.fill(second_color(color))
        canvas.begin(PATTERN)
        canvas.pattern(outline, _tile(canvas.image.size, canvas.unit, pattern, base, ink))
    _details(canvas, subject, x, y, r, color)


def _details(canvas: Canvas, subject: str, x: float, y: float, r: float, color: RGB) -> None:
    dark = shade(color, 0.32)
    canvas.begin(DETAIL)
    if subject == "skirt":
        canvas.rectangle(x - 0.42 * r, y - 0.74 * r, x + 0.42 * r, y - 0.56 * r, dark)
    elif subject == "dress":
        canvas.rectangle(x - 0.26 * r, y - 0.2 * r, x + 0.26 * r, y - 0.07 * r, dark)
    elif subject == "t-shirt":
        canvas.ellipse(x, y - 0.8 * r, 0.26 * r, 0.13 * r, dark)
    elif subject == "trousers":
        canvas.rectangle(x - 0.48 * r, y - 0.98 * r, x + 0.48 * r, y - 0.82 * r, dark)
    elif subject == "hat":
        canvas.polygon(
            shifted([(-0.45, 0.1), (0.45, 0.1), (0.46, 0.36), (-0.46, 0.36)], x, y, r), dark
        )
    else:
        canvas.polygon(shifted([(-0.26, -0.92), (0.26, -0.92), (0, -0.36)], x, y, r), dark)
        canvas.stroke(shifted([(0, -0.4), (0, 0.95)], x, y, r), dark, 0.05 * r)
        for dy in (-0.15, 0.2, 0.55):
            button = tint(color, 0.75) if sum(color) < 500 else shade(color, 0.5)
            canvas.ellipse(x + 0.14 * r, y + dy * r, 0.055 * r, 0.055 * r, button, solid=True)


@lru_cache(256)
def _tile(size: tuple[int, int], unit: int, pattern: str, base: RGB, ink: RGB) -> Image.Image:
    """The pattern over a whole canvas; its period is an eighth of the shorter side."""
    tile, step = Image.new("RGB", size, base), unit // 8
    draw = ImageDraw.Draw(tile)
    for row, y in enumerate(range(0, size[1], step)):
        if pattern == "striped":
            draw.rectangle((0, y, size[0], y + step * 0.45), fill=ink)
            continue
        for column, x in enumerate(range(0, size[0], step)):
            if pattern == "checked" and (row + column) % 2:
                draw.rectangle((x, y, x + step - 1, y + step - 1), fill=ink)
            elif pattern == "dotted":
                dx = x + (step // 2 if row % 2 else 0)
                draw.ellipse(
                    (dx + step * 0.2, y + step * 0.2, dx + step * 0.72, y + step * 0.72), fill=ink
                )
    return tile
