"""Things of sky and table. Each function draws one, centred at (x, y), within radius r."""

from __future__ import annotations

from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.colors import RGB, SNOW, shade, tint
from tools.nano.drawing.geometry import around, crescent, shifted


def sun(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    inner, outer = around(x, y, 0.64 * r, 8), around(x, y, r, 8)
    for a, b in zip(inner, outer, strict=True):
        canvas.stroke([a, b], color, 0.15 * r)
    canvas.ellipse(x, y, 0.54 * r, 0.54 * r, color)


def moon(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.polygon(crescent(x + 0.1 * r, y, r * 0.95), color)


def balloon(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.stroke(shifted([(0, 0.4), (-0.07, 0.7), (0.05, 1.0)], x, y, r), (96, 96, 104), 0.05 * r)
    canvas.polygon(shifted([(-0.12, 0.54), (0.12, 0.54), (0, 0.34)], x, y, r), shade(color))
    canvas.ellipse(x, y - 0.28 * r, 0.6 * r, 0.72 * r, color)
    canvas.ellipse(x - 0.22 * r, y - 0.55 * r, 0.12 * r, 0.18 * r, tint(color, 0.55))


def cup(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.ellipse(x + 0.6 * r, y + 0.1 * r, 0.38 * r, 0.38 * r, shade(color))
    canvas.hole(x + 0.62 * r, y + 0.1 * r, 0.2 * r, 0.2 * r)
    canvas.rectangle(x - 0.8 * r, y - 0.5 * r, x + 0.56 * r, y + 0.76 * r, color, 0.2 * r)
    canvas.ellipse(x - 0.12 * r, y - 0.46 * r, 0.68 * r, 0.16 * r, shade(color, 0.3))


def mountain(canvas: Canvas, x: float, y: float, r: float, color: RGB) -> None:
    canvas.polygon(shifted([(-0.06, -0.95), (1.0, 0.8), (-1.05, 0.8)], x, y, r), color)
    canvas.polygon(shifted([(-0.06, -0.95), (1.0, 0.8), (0.16, 0.8)], x, y, r), shade(color))
    peak = [
        (-0.06, -0.95),
        (0.26, -0.42),
        (0.08, -0.54),
        (-0.08, -0.34),
        (-0.22, -0.52),
        (-0.37, -0.4),
    ]
    canvas.polygon(shifted(peak, x, y, r), SNOW)


THINGS = {"sun": sun, "moon": moon, "balloon": balloon, "cup": cup, "mountain": mountain}
