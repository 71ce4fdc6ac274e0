"""Plain shapes. Each function draws one, centred at (x, y), within radius r."""

from __future__ import annotations

from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.colors import RGB
from tools.nano.drawing.geometry import around, heart, shifted, star


def circle(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.ellipse(x, y, r * 0.95, r * 0.95, color)


def square(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    s = r * 0.86
    canvas.rectangle(x - s, y - s, x + s, y + s, color)


def triangle(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.polygon([(x, y - r * 0.92), (x + r, y + r * 0.8), (x - r, y + r * 0.8)], color)


def five_pointed_star(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.polygon(star(x, y + 0.06 * r, r * 1.1), color)


def a_heart(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.polygon(heart(x, y, r), color)


def ring(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.ellipse(x, y, r * 0.95, r * 0.95, color)
    canvas.hole(x, y, r * 0.52, r * 0.52)


def cross(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    a, b = 0.33, 0.95
    corners = [(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a)]
    corners += [(a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a)]
    canvas.polygon(shifted(corners, x, y, r), color)


def hexagon(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.polygon(around(x, y, r, 6), color)


SHAPES = {
    "circle": circle,
    "square": square,
    "triangle": triangle,
    "star": five_pointed_star,
    "heart": a_heart,
    "ring": ring,
    "cross": cross,
    "hexagon": hexagon,
}
