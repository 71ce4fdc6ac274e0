"""Vehicles. Each function draws one, centred at (x, y), within radius r."""

from __future__ import annotations

from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.colors import GLASS, RGB, WOOD, shade
from tools.nano.drawing.geometry import shifted

TYRE: RGB = (44, 44, 52)
HUB: RGB = (202, 204, 210)
SAIL: RGB = (252, 249, 240)


def _wheels(canvas: Canvas, x: float, y: float, apart: float, r: float) -> None:
    for side in (-1, 1):
        canvas.ellipse(x + side * apart, y, r, r, TYRE)
        canvas.ellipse(x + side * apart, y, r * 0.45, r * 0.45, HUB)


def car(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.polygon(
        shifted([(-0.68, 0.0), (-0.4, -0.52), (0.34, -0.52), (0.66, 0.0)], x, y, r), color
    )
    canvas.polygon(
        shifted([(-0.5, -0.04), (-0.32, -0.4), (-0.06, -0.4), (-0.06, -0.04)], x, y, r), GLASS
    )
    canvas.polygon(
        shifted([(0.06, -0.04), (0.06, -0.4), (0.28, -0.4), (0.5, -0.04)], x, y, r), GLASS
    )
    canvas.rectangle(x - r, y - 0.06 * r, x + r, y + 0.4 * r, color, 0.15 * r)
    canvas.rectangle(x + 0.82 * r, y + 0.04 * r, x + r, y + 0.17 * r, (255, 236, 150), 0.03 * r)
    _wheels(canvas, x, y + 0.4 * r, 0.54 * r, 0.25 * r)


def bus(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.rectangle(x - r, y - 0.6 * r, x + r, y + 0.45 * r, color, 0.12 * r)
    for left in (-0.86, -0.42, 0.02, 0.46):
        canvas.rectangle(
            x + left * r, y - 0.42 * r, x + (left + 0.36) * r, y - 0.04 * r, GLASS, 0.04 * r
        )
    canvas.stroke([(x - r, y + 0.12 * r), (x + r, y + 0.12 * r)], shade(color), 0.09 * r)
    _wheels(canvas, x, y + 0.46 * r, 0.55 * r, 0.23 * r)


def boat(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.rectangle(x - 0.05 * r, y - 0.98 * r, x + 0.05 * r, y + 0.4 * r, WOOD)
    canvas.polygon(shifted([(0.1, -0.92), (0.84, 0.2), (0.1, 0.2)], x, y, r), SAIL)
    canvas.polygon(shifted([(-0.1, -0.7), (-0.64, 0.2), (-0.1, 0.2)], x, y, r), shade(SAIL, 0.1))
    canvas.polygon(shifted([(-1, 0.34), (1, 0.34), (0.64, 0.86), (-0.64, 0.86)], x, y, r), color)


def plane(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    dark = shade(color, 0.28)
    canvas.polygon(
        shifted([(-0.95, -0.62), (-0.66, -0.62), (-0.38, -0.04), (-0.8, -0.04)], x, y, r), dark
    )
    canvas.polygon(
        shifted([(-0.2, -0.1), (-0.5, -0.66), (-0.24, -0.66), (0.3, -0.1)], x, y, r), dark
    )
    canvas.rectangle(x - 0.95 * r, y - 0.2 * r, x + r, y + 0.24 * r, color, 0.21 * r)
    canvas.polygon(
        shifted([(-0.2, 0.08), (-0.62, 0.72), (-0.34, 0.72), (0.36, 0.08)], x, y, r), dark
    )
    for at in (-0.45, -0.15, 0.15, 0.45):
        canvas.ellipse(x + at * r, y - 0.04 * r, 0.075 * r, 0.075 * r, GLASS)
    canvas.polygon(shifted([(0.66, -0.17), (0.9, -0.06), (0.66, -0.02)], x, y, r), GLASS)


def rocket(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    dark = shade(color, 0.3)
    canvas.polygon(shifted([(-0.2, 0.55), (0.2, 0.55), (0, 1.05)], x, y, r), (250, 170, 50))
    canvas.polygon(shifted([(-0.28, 0.05), (-0.66, 0.66), (-0.26, 0.56)], x, y, r), dark)
    canvas.polygon(shifted([(0.28, 0.05), (0.66, 0.66), (0.26, 0.56)], x, y, r), dark)
    body = [
        (-0.3, 0.58),
        (-0.36, 0.1),
        (-0.3, -0.4),
        (0, -1.0),
        (0.3, -0.4),
        (0.36, 0.1),
        (0.3, 0.58),
    ]
    canvas.polygon(shifted(body, x, y, r), color)
    canvas.polygon(shifted([(-0.27, -0.46), (0, -1.0), (0.27, -0.46)], x, y, r), dark)
    canvas.ellipse(x, y - 0.1 * r, 0.17 * r, 0.17 * r, GLASS)


VEHICLES = {"car": car, "bus": bus, "boat": boat, "plane": plane, "rocket": rocket}
