"""Animals. Each function draws one, centred at (x, y), within radius r."""

from __future__ import annotations

from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.colors import RGB, contrast, shade, tint
from tools.nano.drawing.geometry import shifted

PINK: RGB = (240, 150, 160)


def _eyes(canvas: Canvas, x: float, y: float, apart: float, size: float, color: RGB) -> None:
    for side in (-1, 1):
        canvas.ellipse(x + side * apart, y, size, size * 1.15, color, solid=True)


def cat(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.stroke(
        shifted([(0.4, 0.85), (0.8, 0.75), (0.92, 0.4), (0.8, 0.1)], x, y, r), color, 0.17 * r
    )
    canvas.ellipse(x, y + 0.52 * r, 0.55 * r, 0.48 * r, color)
    canvas.ellipse(x, y + 0.62 * r, 0.28 * r, 0.34 * r, tint(color, 0.45))
    for side in (-1, 1):
        ear = [(side * 0.6, -1.0), (side * 0.08, -0.62), (side * 0.56, -0.22)]
        canvas.polygon(shifted(ear, x, y, r), color)
        inner = [(side * 0.52, -0.82), (side * 0.26, -0.62), (side * 0.5, -0.42)]
        canvas.polygon(shifted(inner, x, y, r), PINK)
    canvas.ellipse(x, y - 0.26 * r, 0.6 * r, 0.48 * r, color)
    _eyes(canvas, x, y - 0.3 * r, 0.24 * r, 0.1 * r, contrast(color))
    canvas.polygon(shifted([(-0.09, -0.14), (0.09, -0.14), (0, -0.03)], x, y, r), PINK, solid=True)


def dog(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    dark = shade(color, 0.35)
    canvas.ellipse(x, y + 0.55 * r, 0.55 * r, 0.45 * r, color)
    for side in (-1, 1):
        canvas.ellipse(x + side * 0.28 * r, y + 0.93 * r, 0.2 * r, 0.1 * r, color)
    canvas.ellipse(x, y - 0.28 * r, 0.58 * r, 0.54 * r, color)
    for side in (-1, 1):
        canvas.ellipse(x + side * 0.62 * r, y - 0.22 * r, 0.21 * r, 0.48 * r, dark)
    canvas.ellipse(x, y - 0.05 * r, 0.32 * r, 0.24 * r, tint(color, 0.55))
    _eyes(canvas, x, y - 0.38 * r, 0.23 * r, 0.09 * r, contrast(color))
    canvas.ellipse(x, y - 0.14 * r, 0.13 * r, 0.09 * r, (44, 40, 44), solid=True)


def bird(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    for side in (-0.12, 0.14):
        canvas.stroke(
            [(x + side * r, y + 0.5 * r), (x + side * r, y + 0.92 * r)], (214, 140, 50), 0.07 * r
        )
    canvas.polygon(shifted([(0.3, 0.1), (1.0, -0.28), (0.92, 0.3)], x, y, r), shade(color))
    canvas.ellipse(x, y + 0.12 * r, 0.62 * r, 0.5 * r, color)
    canvas.polygon(
        shifted([(-0.72, -0.48), (-1.05, -0.3), (-0.72, -0.18)], x, y, r), (246, 176, 50)
    )
    canvas.ellipse(x - 0.42 * r, y - 0.38 * r, 0.4 * r, 0.38 * r, color)
    canvas.ellipse(x + 0.14 * r, y + 0.1 * r, 0.36 * r, 0.22 * r, shade(color))
    canvas.ellipse(x - 0.5 * r, y - 0.44 * r, 0.09 * r, 0.1 * r, contrast(color), solid=True)


def fish(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    dark = shade(color)
    canvas.polygon(shifted([(0.42, 0), (1.0, -0.5), (0.84, 0), (1.0, 0.5)], x, y, r), dark)
    canvas.polygon(shifted([(-0.4, -0.36), (0.05, -0.8), (0.3, -0.3)], x, y, r), dark)
    canvas.ellipse(x - 0.18 * r, y, 0.78 * r, 0.5 * r, color)
    canvas.polygon(shifted([(-0.1, 0.04), (0.28, 0.3), (0.28, -0.14)], x, y, r), dark)
    canvas.ellipse(x - 0.58 * r, y - 0.1 * r, 0.15 * r, 0.15 * r, (255, 255, 255))
    canvas.ellipse(x - 0.6 * r, y - 0.1 * r, 0.08 * r, 0.08 * r, (24, 24, 28), solid=True)


def rabbit(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    for side in (-1, 1):
        canvas.ellipse(x + side * 0.24 * r, y - 0.64 * r, 0.16 * r, 0.4 * r, color)
        canvas.ellipse(x + side * 0.24 * r, y - 0.64 * r, 0.08 * r, 0.28 * r, PINK)
    canvas.ellipse(x, y + 0.58 * r, 0.5 * r, 0.42 * r, color)
    canvas.ellipse(x, y + 0.66 * r, 0.26 * r, 0.28 * r, tint(color, 0.5))
    canvas.ellipse(x, y - 0.06 * r, 0.48 * r, 0.42 * r, color)
    _eyes(canvas, x, y - 0.1 * r, 0.2 * r, 0.085 * r, contrast(color))
    canvas.ellipse(x, y + 0.06 * r, 0.08 * r, 0.06 * r, PINK, solid=True)


ANIMALS = {"cat": cat, "dog": dog, "bird": bird, "fish": fish, "rabbit": rabbit}
