"""Parts of a drawing: the class that each pixel belongs to, and its depth.

Depth runs from 0, the farthest, to 1, the nearest.
"""

from __future__ import annotations

from dataclasses import dataclass

CLASSES = (
    *("background", "sky", "light", "ground", "tree", "wall", "roof", "window", "door"),
    *("object", "garment", "pattern", "card", "pip", "figure"),
)


@dataclass(frozen=True)
class Part:
    """A kind of shape.

    Each further shape of a part lies `step` nearer, up to `STEPS` of them; `until` is the depth at
    the lower end of a part that lies flat; `foreground` is what the mask of a drawing holds.
    """

    name: str
    depth: float
    step: float = 0.0
    until: float | None = None
    foreground: bool = True

    @property
    def number(self) -> int:
        """The class."""
        return CLASSES.index(self.name)


STEPS = 8
BACKGROUND = Part("background", 0.0, foreground=False)
SKY = Part("sky", 0.0, foreground=False)
LIGHT = Part("light", 0.1, foreground=False)
GROUND = Part("ground", 0.35, until=1.0, foreground=False)
TREE = Part("tree", 0.4, foreground=False)
WALL = Part("wall", 0.5)
ROOF = Part("roof", 0.55)
WINDOW = Part("window", 0.6)
DOOR = Part("door", 0.6)
OBJECT = Part("object", 0.6, step=0.02)
PLANT = Part("tree", 0.6, step=0.02)  # a tree that is the subject
GARMENT = Part("garment", 0.6, step=0.02)
PATTERN = Part("pattern", 0.62)
DETAIL = Part("garment", 0.64, step=0.02)  # of a garment: collar, belt, buttons
CARD = Part("card", 0.5)
PIP = Part("pip", 0.55)
FIGURE = Part("figure", 0.55, step=0.01)
