"""Scenes as data: their attributes, random scenes, and labels for a judge."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from tools.nano.drawing.animals import ANIMALS
from tools.nano.drawing.buildings import BUILDINGS, GROUNDS, SKIES
from tools.nano.drawing.cards import RANKS, SUITS
from tools.nano.drawing.colors import COLORS
from tools.nano.drawing.garments import OUTLINES, PATTERNS
from tools.nano.drawing.plants import PLANTS
from tools.nano.drawing.shapes import SHAPES
from tools.nano.drawing.styles import STYLES
from tools.nano.drawing.things import THINGS
from tools.nano.drawing.vehicles import VEHICLES

Kind = Literal["object", "building", "card", "garment"]

COLOR_NAMES = tuple(COLORS)
OBJECT_NAMES = (*SHAPES, *ANIMALS, *VEHICLES, *PLANTS, *THINGS)
POSITIONS = ("left", "center", "right")
SIZES = ("small", "medium", "large")
BACKGROUNDS = ("plain", *COLOR_NAMES)
MAX_SEED = 2**31

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "subject": (*OBJECT_NAMES, *BUILDINGS, *OUTLINES, "card"),
    "color": COLOR_NAMES,
    "background": BACKGROUNDS,
    "position": POSITIONS,
    "size": SIZES,
    "count": ("1", "2", "3", "4"),
    "second": OBJECT_NAMES,
    "second_color": COLOR_NAMES,
    "roof": COLOR_NAMES,
    "windows": ("1", "2", "3", "4"),
    "sky": tuple(SKIES),
    "ground": tuple(GROUNDS),
    "tree": ("no", "yes"),
    "rank": RANKS,
    "suit": SUITS,
    "pattern": PATTERNS,
    "style": tuple(STYLES),
}

# What a word alone gets: colours that people expect of the thing. Others take BRIGHT.
BRIGHT = ("red", "blue", "teal", "orange", "purple")
USUAL: dict[str, tuple[str, ...]] = {
    "cat": ("orange", "gray", "black"),
    "dog": ("brown", "orange"),
    "bird": ("blue", "red"),
    "fish": ("orange", "blue"),
    "rabbit": ("gray", "white"),
    "car": ("red", "blue"),
    "bus": ("yellow", "red"),
    "boat": ("red", "blue"),
    "plane": ("blue", "gray"),
    "rocket": ("red", "gray"),
    "tree": ("green",),
    "pine tree": ("green",),
    "flower": ("pink", "red", "purple"),
    "cactus": ("green",),
    "mushroom": ("red",),
    "sun": ("yellow", "orange"),
    "moon": ("yellow",),
    "balloon": ("red", "blue", "pink"),
    "cup": ("teal", "blue"),
    "mountain": ("gray", "blue"),
    "heart": ("red", "pink"),
    "star": ("yellow", "orange"),
    "house": ("white", "yellow", "pink"),
    "tower": ("gray", "brown"),
    "apartment block": ("orange", "teal", "gray"),
    "castle": ("gray", "purple"),
    "lighthouse": ("red",),
    "trousers": ("blue", "brown"),
    "hat": ("brown", "black"),
    "coat": ("brown", "blue"),
}


@dataclass(frozen=True)
class Scene:
    """One picture. What does not apply to its kind is None; `named` lists what captions may say.

    `seed` drives the small differences of layout, so that a changed attribute keeps the rest still.
    """

    kind: Kind
    subject: str
    seed: int
    style: str = "flat"
    color: str | None = None
    background: str | None = None
    position: str = "center"
    size: str = "medium"
    count: int = 1
    second: str | None = None
    second_color: str | None = None
    roof: str | None = None
    windows: int | None = None
    sky: str | None = None
    ground: str | None = None
    tree: bool | None = None
    rank: str | None = None
    suit: str | None = None
    pattern: str | None = None
    named: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """JSON-able; only what differs from the default."""
        kept = {f.name: f.default for f in fields(self)}
        return {key: value for key, value in asdict(self).items() if value != kept[key]}

    @classmethod
    def read(cls, record: dict[str, Any]) -> Scene:
        return cls(**{**record, "named": tuple(record.get("named", ()))})


def usual_colors(subject: str) -> tuple[str, ...]:
    return USUAL.get(subject, BRIGHT)


def labels(scene: Scene) -> dict[str, str]:
    """The attributes that this scene shows, with values out of `ATTRIBUTES`."""
    colored = STYLES[scene.style].colored
    shown: dict[str, str] = {"subject": scene.subject, "style": scene.style}
    if colored and scene.kind != "card" and scene.color:
        shown["color"] = scene.color
    if colored and scene.kind != "building":
        shown["background"] = scene.background or "plain"
    if scene.kind == "building":
        shown |= _building_labels(scene, colored)
    elif scene.kind == "card":
        shown |= {"rank": scene.rank or "ace", "suit": scene.suit or "spades"}
    elif scene.kind == "garment":
        shown["pattern"] = scene.pattern or "plain"
    else:
        shown |= _object_labels(scene, colored)
    return shown


def _building_labels(scene: Scene, colored: bool) -> dict[str, str]:
    shown = {"tree": "yes" if scene.tree else "no"}
    if scene.subject != "lighthouse":
        shown["windows"] = str(scene.windows)
    if colored:
        shown |= {"roof": str(scene.roof), "sky": str(scene.sky), "ground": str(scene.ground)}
    return shown


def _object_labels(scene: Scene, colored: bool) -> dict[str, str]:
    if scene.second:
        shown = {"second": scene.second}
        return shown | ({"second_color": str(scene.second_color)} if colored else {})
    if scene.count > 1:
        return {"count": str(scene.count)}
    return {"count": "1", "position": scene.position, "size": scene.size}


def sample_scene(rng: random.Random) -> Scene:
    """A scene at random, weighted towards what is hard: single objects are nearly half."""
    dice = rng.random()
    seed = rng.randrange(MAX_SEED)
    if dice < 0.62:
        scene = _sample_object(rng, seed)
    elif dice < 0.78:
        scene = _sample_building(rng, seed)
    elif dice < 0.9:
        scene = _sample_garment(rng, seed)
    else:
        scene = Scene("card", "card", seed, rank=rng.choice(RANKS), suit=rng.choice(SUITS))
        scene = replace(scene, background=_background(rng, None))
    if rng.random() < 0.36:
        scene = replace(scene, style=rng.choice(tuple(STYLES)[1:]))
    return _as_named(scene, rng)


def _background(rng: random.Random, besides: str | None) -> str:
    """A colour that the subject can be seen on."""
    if rng.random() < 0.2:
        return "plain"
    return rng.choice([name for name in COLOR_NAMES if name != besides])


def _sample_object(rng: random.Random, seed: int) -> Scene:
    color = rng.choice(COLOR_NAMES)
    scene = Scene(
        "object", rng.choice(OBJECT_NAMES), seed, color=color, background=_background(rng, color)
    )
    dice = rng.random()
    if dice < 0.15:
        free = [name for name in COLOR_NAMES if name not in (scene.background, color)]
        return replace(scene, second=rng.choice(OBJECT_NAMES), second_color=rng.choice(free))
    if dice < 0.29:
        return replace(scene, count=rng.choice((2, 3, 4)))
    position = rng.choice(("left", "center", "center", "right"))
    size = rng.choice(("small", "medium", "medium", "large"))
    return replace(scene, position=position, size=size)


def _sample_building(rng: random.Random, seed: int) -> Scene:
    return Scene(
        "building",
        rng.choice(tuple(BUILDINGS)),
        seed,
        color=rng.choice(COLOR_NAMES),
        roof=rng.choice(COLOR_NAMES),
        windows=rng.randint(1, 4),
        sky=rng.choice(tuple(SKIES)),
        ground=rng.choice(tuple(GROUNDS)),
        tree=rng.random() < 0.35,
    )


def _sample_garment(rng: random.Random, seed: int) -> Scene:
    color = rng.choice(COLOR_NAMES)
    return Scene(
        "garment",
        rng.choice(tuple(OUTLINES)),
        seed,
        color=color,
        background=_background(rng, color),
        pattern=rng.choice(PATTERNS),
    )


# Which attributes a caption may leave out, for each kind. The rest (subject, second, count, rank,
# suit, style) are always said.
OPTIONAL: dict[Kind, tuple[str, ...]] = {
    "object": ("color", "background", "position", "size"),
    "building": ("color", "roof", "windows", "sky", "ground", "tree"),
    "card": ("background",),
    "garment": ("color", "background", "pattern"),
}


def _as_named(scene: Scene, rng: random.Random) -> Scene:
    """Chooses what captions say; what they leave out takes its usual value nine times in ten."""
    dice = rng.random()
    keep = 1.0 if dice < 0.35 else 0.6 if dice < 0.75 else 0.15
    named = tuple(name for name in OPTIONAL[scene.kind] if rng.random() < keep)
    usual: dict[str, Any] = {}
    for name in OPTIONAL[scene.kind]:
        if name not in named and rng.random() < 0.9:
            usual[name] = _usual(scene, name, rng)
    scene = replace(scene, named=named, **usual)
    if scene.kind == "object" and scene.color == scene.background:
        return replace(
            scene, background="plain", named=tuple(n for n in named if n != "background")
        )
    return scene


def _usual(scene: Scene, name: str, rng: random.Random) -> Any:
    """Expected value where a caption does not mention `name`."""
    if name == "color":
        free = [c for c in usual_colors(scene.subject) if c != scene.background]
        return rng.choice(free or ["teal", "orange"])
    if name == "roof":
        return rng.choice(("red", "blue", "brown"))
    return {
        "background": "plain",
        "position": "center",
        "size": "large" if scene.position == "center" else "medium",
        "pattern": "plain",
        "windows": 2,
        "sky": "day",
        "ground": "grass",
        "tree": False,
    }[name]
