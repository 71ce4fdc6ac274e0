"""Draws a scene: the picture and its truth, the same for the same scene and size."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial

from PIL import Image

from tools.nano.drawing.animals import ANIMALS
from tools.nano.drawing.buildings import SKIES, draw_building, landscape
from tools.nano.drawing.canvas import Canvas
from tools.nano.drawing.cards import draw_card
from tools.nano.drawing.colors import COLORS, CREAM, FELT, RGB, backdrop
from tools.nano.drawing.garments import draw_garment
from tools.nano.drawing.parts import BACKGROUND, OBJECT, PLANT, SKY
from tools.nano.drawing.plants import PLANTS
from tools.nano.drawing.shapes import SHAPES
from tools.nano.drawing.styles import STYLES
from tools.nano.drawing.things import THINGS
from tools.nano.drawing.vehicles import VEHICLES
from tools.nano.scene import Scene

TREES = ("tree", "pine tree")
OBJECTS = SHAPES | ANIMALS | VEHICLES | PLANTS | THINGS

# Radii and places in units. They are few on purpose: a small model learns outlines that stand
# nearly still on its token grid far sooner than the same outlines at any offset.
CENTER_RADIUS = {"small": 0.2, "medium": 0.31, "large": 0.42}
SIDE_RADIUS = {"small": 0.14, "medium": 0.205, "large": 0.255}
COUNTED: dict[int, tuple[float, list[tuple[float, float]]]] = {
    2: (0.215, [(-0.24, 0), (0.24, 0)]),
    3: (0.2, [(0, -0.23), (-0.24, 0.23), (0.24, 0.23)]),
    4: (0.2, [(-0.24, -0.24), (0.24, -0.24), (-0.24, 0.24), (0.24, 0.24)]),
}
SHIFT = 0.012
LIGHT = 5


@dataclass(frozen=True)
class Picture:
    """`image` is RGB, the others L of the same size: `mask` is 255 where the subject is.

    `parts` holds the number of each pixel's class (`parts.CLASSES`), `depth` 0 far to 255 near.
    """

    image: Image.Image
    mask: Image.Image
    parts: Image.Image
    depth: Image.Image


def render(scene: Scene, width: int = 128, height: int = 128) -> Picture:
    """Draws `scene` in width x height pixels (both at least 64)."""
    rng = random.Random(scene.seed)
    # Every draw comes first and in the same order for all kinds, so that a changed attribute
    # leaves the rest of the picture as it was.
    lights = [rng.uniform(-LIGHT, LIGHT) for _ in range(3)]
    dx, dy = rng.uniform(-SHIFT, SHIFT), rng.uniform(-SHIFT, SHIFT)
    scale = rng.uniform(0.97, 1.03)
    behind = SKY if scene.kind == "building" else BACKGROUND
    canvas = Canvas(width, height, _background(scene, lights[0]), STYLES[scene.style], behind)
    x, y = canvas.width / 2 + dx, canvas.height / 2 + dy
    color = _lit(COLORS[scene.color], lights[1]) if scene.color else FELT
    if scene.kind == "building":
        _building(canvas, scene, x, color, rng)
    elif scene.kind == "card":
        draw_card(canvas, scene.rank or "ace", scene.suit or "spades", x, y)
    elif scene.kind == "garment":
        draw_garment(canvas, scene.subject, x, y, 0.4, color, scene.pattern or "plain")
    else:
        _objects(canvas, scene, x, y, scale, lights)
    return Picture(*canvas.finish(), *canvas.truth())


def _background(scene: Scene, light: float) -> RGB:
    if scene.kind == "building":
        return SKIES[scene.sky or "day"]
    if scene.background in (None, "plain"):
        return FELT if scene.kind == "card" else CREAM
    return _lit(backdrop(scene.background), light)


def _lit(color: RGB, light: float) -> RGB:
    """The same hue, `light` levels lighter or darker."""
    r, g, b = (max(0, min(255, round(v + light))) for v in color)
    return r, g, b


def _building(canvas: Canvas, scene: Scene, x: float, wall: RGB, rng: random.Random) -> None:
    sky, roof = scene.sky or "day", COLORS[scene.roof or "red"]
    canvas.drop = (canvas.height - 1) * 0.6
    landscape(canvas, x, sky, scene.ground or "grass", bool(scene.tree), rng)
    draw_building(canvas, scene.subject, x, wall, roof, scene.windows or 2, sky)


def _objects(
    canvas: Canvas, scene: Scene, x: float, y: float, scale: float, lights: list[float]
) -> None:
    draw, aside = partial(_object, canvas, scene.subject), _aside(canvas)
    left = _lit(COLORS[scene.color or "red"], lights[1])
    if scene.second:
        other = _lit(COLORS[scene.second_color or "blue"], lights[2])
        draw(x - aside, y, SIDE_RADIUS["medium"] * scale, left)
        _object(canvas, scene.second, x + aside, y, SIDE_RADIUS["medium"] * scale, other)
    elif scene.count > 1:
        r, places = COUNTED[scene.count]
        for dx, dy in places:
            draw(x + dx, y + dy, r, left)
    elif scene.position == "center":
        draw(x, y, CENTER_RADIUS[scene.size] * scale, left)
    elif scene.position == "left":
        draw(x - aside, y, SIDE_RADIUS[scene.size] * scale, left)
    else:
        right = _lit(COLORS[scene.color or "red"], lights[2])
        draw(x + aside, y, SIDE_RADIUS[scene.size] * scale, right)


def _object(canvas: Canvas, name: str, x: float, y: float, r: float, color: RGB) -> None:
    canvas.begin(PLANT if name in TREES else OBJECT)
    OBJECTS[name](canvas, x, y, r, color)


def _aside(canvas: Canvas) -> float:
    """Distance of the left and right places from the middle."""
    return canvas.width * 0.24
