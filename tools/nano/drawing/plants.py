"""Plants. Each function draws one, centred at (x, y), within radius r."""

from __future__ import annotations

from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.colors import LEAF, RGB, WOOD, shade, tint
from tools.nano.drawing.geometry import around, shifted


def tree(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.rectangle(x - 0.14 * r, y + 0.2 * r, x + 0.14 * r, y + r, WOOD)
    for dx, dy, size in ((-0.44, 0.02, 0.42), (0.44, 0.02, 0.42), (0, -0.42, 0.56)):
        canvas.ellipse(x + dx * r, y + dy * r, size * r, size * r, color)
    canvas.polygon(
        around(x, y - 0.12 * r, 0.46 * r, 12), color if canvas.style.colored else canvas.background
    )
    canvas.ellipse(x - 0.16 * r, y - 0.58 * r, 0.2 * r, 0.16 * r, tint(color, 0.25))


def pine_tree(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.rectangle(x - 0.12 * r, y + 0.5 * r, x + 0.12 * r, y + r, WOOD)
    for top, bottom, half in ((-0.1, 0.66, 0.74), (-0.55, 0.2, 0.58), (-1.0, -0.26, 0.42)):
        canvas.polygon(shifted([(0, top), (half, bottom), (-half, bottom)], x, y, r), color)


def flower(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.stroke([(x, y), (x, y + r)], LEAF, 0.11 * r)
    canvas.ellipse(x + 0.3 * r, y + 0.66 * r, 0.26 * r, 0.12 * r, LEAF)
    canvas.ellipse(x - 0.3 * r, y + 0.78 * r, 0.26 * r, 0.12 * r, LEAF)
    for px, py in around(x, y - 0.3 * r, 0.42 * r, 6, 30):
        canvas.ellipse(px, py, 0.29 * r, 0.29 * r, color)
    warm = (250, 206, 66) if color[2] > 100 or color[1] < 150 else (150, 92, 48)
    canvas.ellipse(x, y - 0.3 * r, 0.25 * r, 0.25 * r, warm)


def cactus(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    arm = 0.12 * r
    canvas.rectangle(x - 0.72 * r, y - 0.4 * r, x - 0.46 * r, y + 0.22 * r, color, arm)
    canvas.rectangle(x - 0.72 * r, y + 0.0 * r, x - 0.1 * r, y + 0.25 * r, color, arm)
    canvas.rectangle(x + 0.46 * r, y - 0.6 * r, x + 0.72 * r, y + 0.02 * r, color, arm)
    canvas.rectangle(x + 0.1 * r, y - 0.2 * r, x + 0.72 * r, y + 0.05 * r, color, arm)
    canvas.rectangle(x - 0.22 * r, y - 0.95 * r, x + 0.22 * r, y + 0.62 * r, color, 0.2 * r)
    canvas.polygon(
        shifted([(-0.42, 0.5), (0.42, 0.5), (0.32, 1.0), (-0.32, 1.0)], x, y, r), (206, 112, 70)
    )
    canvas.rectangle(x - 0.06 * r, y - 0.75 * r, x + 0.0 * r, y + 0.4 * r, shade(color, 0.16))


def mushroom(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.rectangle(
        x - 0.28 * r, y - 0.1 * r, x + 0.28 * r, y + 0.9 * r, (246, 234, 212), 0.16 * r
    )
    canvas.dome(x, y + 0.06 * r, 0.96 * r, 0.96 * r, color)
    spot = (252, 250, 246) if sum(color) < 640 else (154, 154, 160)
    for dx, dy, size in ((-0.48, -0.26, 0.13), (0.04, -0.58, 0.16), (0.52, -0.24, 0.12)):
        canvas.ellipse(x + dx * r, y + dy * r, size * r, size * r, spot)


PLANTS = {
    "tree": tree,
    "pine tree": pine_tree,
    "flower": flower,
    "cactus": cactus,
    "mushroom": mushroom,
}
