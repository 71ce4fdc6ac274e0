"""Buildings in a small landscape: sky, ground, an optional tree, then the building itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.colors import GLASS, LEAF, RGB, WOOD, mix, shade
from tools.nano.drawing.geometry import shifted
from tools.nano.drawing.parts import DOOR, GROUND, LIGHT, ROOF, TREE, WALL, WINDOW

SKIES: dict[str, RGB] = {"day": (154, 210, 242), "sunset": (250, 170, 112), "night": (30, 36, 78)}
GROUNDS: dict[str, RGB] = {
    "grass": (110, 178, 92),
    "snow": (238, 243, 248),
    "sand": (228, 202, 146),
}
LAMP: RGB = (255, 226, 120)
HORIZON = 0.8


@dataclass(frozen=True)
class Facade:
    """Arguments of a building function: canvas, middle, colours, windows, colour of the glass."""

    canvas: Canvas
    x: float
    wall: RGB
    roof: RGB
    windows: int
    glass: RGB

    def window(self, dx: float, y: float, width: float, height: float) -> None:
        x, w, h, frame = self.x + dx, width / 2, height / 2, shade(self.wall, 0.35)
        edge = 0.01
        self.canvas.begin(WINDOW)
        if self.canvas.style.colored:
            self.canvas.rectangle(x - w - edge, y - h - edge, x + w + edge, y + h + edge, frame)
        self.canvas.rectangle(x - w, y - h, x + w, y + h, self.glass)

    def door(self, half: float, height: float, radius: float = 0) -> None:
        top = HORIZON - height
        self.canvas.begin(DOOR)
        self.canvas.rectangle(self.x - half, top, self.x + half, HORIZON, WOOD, radius)

    def block(self, half: float, top: float, color: RGB | None = None, dx: float = 0) -> None:
        x = self.x + dx
        self.canvas.begin(WALL)
        self.canvas.rectangle(x - half, top, x + half, HORIZON, color or self.wall)

    def gable(self, half: float, base: float, peak: float, dx: float = 0) -> None:
        x = self.x + dx
        self.canvas.begin(ROOF)
        self.canvas.polygon([(x - half, base), (x, peak), (x + half, base)], self.roof)


def house(facade: Facade) -> None:
    facade.block(0.27, 0.46)
    facade.gable(0.34, 0.47, 0.2)
    facade.door(0.055, 0.17)
    spots = [(-0.16, 0.56), (0.16, 0.56), (-0.16, 0.7), (0.16, 0.7)]
    for dx, y in [(0.0, 0.545)] if facade.windows == 1 else spots[: facade.windows]:
        facade.window(dx, y, 0.1, 0.085)


def tower(facade: Facade) -> None:
    facade.block(0.14, 0.3)
    facade.gable(0.19, 0.31, 0.07)
    facade.door(0.045, 0.12)
    for i in range(facade.windows):
        facade.window(0, 0.375 + i * 0.1, 0.085, 0.065)


def apartment_block(facade: Facade) -> None:
    facade.block(0.26, 0.2)
    x, canvas = facade.x, facade.canvas
    canvas.begin(ROOF)
    canvas.rectangle(x - 0.29, 0.15, x + 0.29, 0.21, facade.roof)
    facade.door(0.045, 0.1)
    for floor in range(facade.windows):
        for dx in (-0.16, 0, 0.16):
            facade.window(dx, 0.285 + floor * 0.12, 0.085, 0.07)


def castle(facade: Facade) -> None:
    x, canvas = facade.x, facade.canvas
    for i in range(5):
        left = x - 0.2 + i * 0.09
        canvas.rectangle(left, 0.4, left + 0.05, 0.48, facade.wall)
    facade.block(0.2, 0.45)
    for side in (-0.25, 0.25):
        facade.block(0.085, 0.36, shade(facade.wall, 0.1), side)
        facade.gable(0.11, 0.37, 0.15, side)
    facade.door(0.065, 0.17, 0.05)
    first = -(facade.windows - 1) * 0.045
    for i in range(facade.windows):
        facade.window(first + i * 0.09, 0.55, 0.055, 0.075)


def lighthouse(facade: Facade) -> None:
    x, canvas = facade.x, facade.canvas
    body = [(-0.1, 0.3), (0.1, 0.3), (0.16, HORIZON), (-0.16, HORIZON)]
    canvas.polygon(shifted(body, x, 0, 1), facade.wall)
    for top, bottom in ((0.4, 0.5), (0.6, 0.7)):
        a, b = 0.1 + (top - 0.3) * 0.12, 0.1 + (bottom - 0.3) * 0.12
        canvas.polygon(
            shifted([(-a, top), (a, top), (b, bottom), (-b, bottom)], x, 0, 1), (250, 250, 248)
        )
    canvas.begin(WINDOW)
    canvas.rectangle(x - 0.075, 0.19, x + 0.075, 0.3, LAMP)
    canvas.begin(WALL)
    canvas.rectangle(x - 0.135, 0.285, x + 0.135, 0.315, shade(facade.wall, 0.3))
    facade.gable(0.11, 0.2, 0.08)
    facade.door(0.04, 0.11)


BUILDINGS: dict[str, Callable[[Facade], None]] = {
    "house": house,
    "tower": tower,
    "apartment block": apartment_block,
    "castle": castle,
    "lighthouse": lighthouse,
}


def landscape(
    canvas: Canvas, x: float, sky: str, ground: str, tree: bool, rng: random.Random
) -> None:
    """Ground, sun or moon, clouds or stars, and a tree beside a building at x."""
    floor = GROUNDS[ground]
    if not canvas.style.colored:
        canvas.begin(GROUND)
        canvas.stroke([(0.04, HORIZON), (canvas.width - 0.04, HORIZON)], floor, 0.02)
        canvas.mark(-0.1, HORIZON, canvas.width + 0.1, canvas.height + 0.1)
    else:
        _lights(canvas, x, sky, rng)
        floor = mix(floor, (20, 24, 60), 0.4) if sky == "night" else floor
        canvas.begin(GROUND)
        canvas.rectangle(-0.1, HORIZON, canvas.width + 0.1, canvas.height + 0.1, floor)
    if tree:
        _tree(canvas, x - 0.38 if x > canvas.width / 2 else x + 0.38)


def _lights(canvas: Canvas, x: float, sky: str, rng: random.Random) -> None:
    canvas.begin(LIGHT)
    side = canvas.width - 0.15 if x <= canvas.width / 2 else 0.15
    if sky == "night":
        canvas.ellipse(side, 0.15, 0.08, 0.08, (248, 242, 204))
        for _ in range(round(6 * canvas.width)):
            at = (rng.uniform(0.03, canvas.width - 0.03), rng.uniform(0.03, 0.34))
            canvas.ellipse(*at, 0.009, 0.009, (255, 255, 240))
    elif sky == "sunset":
        canvas.ellipse(side, 0.72, 0.13, 0.13, (255, 224, 132))
    else:
        canvas.ellipse(side, 0.15, 0.085, 0.085, (255, 224, 96))
        cloud = canvas.width - side + rng.uniform(-0.04, 0.04)
        for dx, dy, rx in ((-0.05, 0.13, 0.09), (0.05, 0.12, 0.08), (0, 0.1, 0.06)):
            canvas.ellipse(cloud + dx, dy, rx, 0.04, (250, 252, 255))


def _tree(canvas: Canvas, x: float) -> None:
    canvas.begin(TREE)
    canvas.rectangle(x - 0.02, 0.6, x + 0.02, HORIZON + 0.01, WOOD)
    canvas.ellipse(x, 0.56, 0.09, 0.13, LEAF)


def draw_building(
    canvas: Canvas, subject: str, x: float, wall: RGB, roof: RGB, windows: int, sky: str
) -> None:
    glass = LAMP if sky == "night" else GLASS
    canvas.begin(WALL)
    BUILDINGS[subject](Facade(canvas, x, wall, roof, windows, glass))
