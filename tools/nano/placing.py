"""Drawings moved, scaled, turned and mirrored: outlines that no caption describes."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

from PIL import Image

from tools.nano.render import render
from tools.nano.scene import Scene

UNNAMED = ("position", "size")  # attributes that placing changes
FINER = 2  # the drawing's sides before it is placed


@dataclass(frozen=True)
class Placement:
    """A place of a drawing on its sheet; shifts are shares of a side, the angle is in degrees."""

    scale: float = 1.0
    right: float = 0.0
    down: float = 0.0
    angle: float = 0.0
    mirrored: bool = False

    def apply(
        self, image: Image.Image, resampling: Image.Resampling = Image.Resampling.BICUBIC
    ) -> Image.Image:
        """The placed drawing; what it leaves free has the colour of the upper left corner."""
        if self.mirrored:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        side, turn = image.width, math.radians(self.angle)
        cosine, sine = math.cos(turn) / self.scale, math.sin(turn) / self.scale
        middle = side / 2
        x, y = middle + self.right * side, middle + self.down * side
        matrix = (
            *(cosine, sine, middle - cosine * x - sine * y),
            *(-sine, cosine, middle + sine * x - cosine * y),
        )
        return image.transform(
            image.size,
            Image.Transform.AFFINE,
            matrix,
            resampling,
            fillcolor=image.getpixel((0, 0)),
        )


def sample_placement(scene: Scene, rng: random.Random) -> Placement:
    """A placement that suits the scene: a landscape fills its sheet, letters are not mirrored."""
    mirrored = scene.kind != "card" and rng.random() < 0.5
    if scene.kind == "building":
        scale = rng.uniform(1.0, 1.35)
        free = (scale - 1) / 2
        return Placement(scale, rng.uniform(-free, free), free, mirrored=mirrored)
    if scene.style == "pixel":
        return Placement(mirrored=mirrored)
    scale = rng.uniform(0.7, 1.2)
    shifts = rng.uniform(-0.14, 0.14), rng.uniform(-0.14, 0.14)
    return Placement(scale, *shifts, rng.uniform(-20, 20), mirrored)


def draw_placed(scene: Scene, placement: Placement | None, side: int) -> Image.Image:
    """The drawing of `scene`, RGB, placed on a square sheet."""
    if placement is None:
        return render(scene, side, side).image
    fine = placement.apply(render(scene, side * FINER, side * FINER).image)
    return fine.resize((side, side), Image.Resampling.BOX)


def without_place(scene: Scene) -> Scene:
    """The scene with captions that say nothing about its place."""
    named = tuple(name for name in scene.named if name not in UNNAMED)
    return replace(scene, position="center", size="medium", named=named)
