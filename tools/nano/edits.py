"""Pairs of scenes that differ in one thing, and the instruction that leads from one to other."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tools.nano import words
from tools.nano.captions import caption
from tools.nano.drawing.buildings import GROUNDS, SKIES
from tools.nano.drawing.cards import RANKS, SUITS
from tools.nano.drawing.garments import PATTERNS
from tools.nano.drawing.styles import STYLES
from tools.nano.scene import COLOR_NAMES, OBJECT_NAMES, Scene, sample_scene
from tools.nano.words import with_article

# Changes that touch one place of the picture: what an inpainting mask would cover.
LOCAL = ("color", "roof", "windows", "tree", "subject", "add", "remove")


@dataclass(frozen=True)
class Edit:
    """`before` and `after` share layout and seed; `masked` says that the change is local."""

    before: Scene
    after: Scene
    change: str

    @property
    def masked(self) -> bool:
        return self.change in LOCAL

    def record(self) -> dict[str, Any]:
        scenes = {"before": self.before.record(), "after": self.after.record()}
        return {**scenes, "change": self.change, "masked": self.masked}

    @classmethod
    def read(cls, record: dict[str, Any]) -> Edit:
        return cls(Scene.read(record["before"]), Scene.read(record["after"]), record["change"])


def sample_edit(rng: random.Random) -> Edit:
    """One change at random of a scene at random, weighted towards local changes."""
    while True:
        before = sample_scene(rng)
        options = _changes(before)
        if not options:
            continue
        change = rng.choice(options)
        after = _apply(before, change, rng)
        if after != before:
            return Edit(before, after, change)


def _changes(scene: Scene) -> list[str]:
    colored = STYLES[scene.style].colored
    attributes = {
        "building": ["tree", *([] if scene.subject == "lighthouse" else ["windows"])],
        "card": ["rank", "suit"],
        "garment": ["pattern", "subject"],
        "object": _object_changes(scene),
    }[scene.kind].copy()
    if colored and scene.kind == "building":
        attributes += ["color", "roof", "roof", "sky", "sky", "ground"]
    elif colored and scene.kind != "card":
        attributes += ["color", "color", "background", "background"]
    return [*attributes, "style"] if scene.style == "flat" else attributes


def _object_changes(scene: Scene) -> list[str]:
    if scene.second:
        return ["remove", "remove", "subject"]
    if scene.count > 1:
        return ["subject"]
    if scene.position in ("left", "right") and scene.size != "large":
        return ["add", "add", "subject"]
    return ["subject", "subject"]


def _apply(scene: Scene, change: str, rng: random.Random) -> Scene:
    if change == "add":
        free = [c for c in COLOR_NAMES if c not in (scene.background, scene.color)]
        added, color = rng.choice(OBJECT_NAMES), rng.choice(free)
        if scene.position == "left":
            return replace(
                scene, second=added, second_color=color, position="center", size="medium"
            )
        return replace(
            scene, subject=added, color=color, second=scene.subject, second_color=scene.color,
            position="center", size="medium",
        )  # fmt: skip
    if change == "remove":
        return replace(scene, second=None, second_color=None, position="left", size="medium")
    if change == "tree":
        return replace(scene, tree=not scene.tree)
    options: dict[str, tuple[Any, ...]] = {
        "color": tuple(c for c in COLOR_NAMES if c != scene.background),
        "background": tuple(c for c in COLOR_NAMES if c not in (scene.color, scene.second_color)),
        "roof": COLOR_NAMES,
        "windows": (1, 2, 3, 4),
        "sky": tuple(SKIES),
        "ground": tuple(GROUNDS),
        "rank": RANKS,
        "suit": SUITS,
        "pattern": PATTERNS,
        "style": tuple(STYLES)[1:],
        "subject": OBJECT_NAMES
        if scene.kind == "object"
        else ("dress", "t-shirt", "skirt", "coat", "trousers"),
    }
    return replace(scene, **{change: rng.choice(options[change])})


def instruction(edit: Edit, rng: random.Random) -> str:
    """An order ("make the roof red"), the result's caption, or the name of what appears."""
    dice = rng.random()
    if dice < 0.3:
        return caption(edit.after, rng)
    if edit.masked and dice < 0.45:
        return _what_appears(edit, rng)
    return _ORDERS[edit.change](edit, rng)


def _what_appears(edit: Edit, rng: random.Random) -> str:
    after = edit.after
    if edit.change == "roof":
        return with_article(_shade(after.roof, rng) + " roof")
    if edit.change in ("color", "subject", "add") and after.color:
        new = _added(edit) if edit.change == "add" else (after.subject, after.color)
        noun = rng.choice(words.SUBJECTS[new[0]])
        return with_article(
            f"{_shade(new[1], rng)} {noun}" if after.style in ("flat", "pixel", "pastel") else noun
        )
    return _ORDERS[edit.change](edit, rng)


def _added(edit: Edit) -> tuple[str, str]:
    """Subject and colour of the object that only `after` has."""
    after = edit.after
    if edit.before.position == "left":
        return after.second or after.subject, after.second_color or "blue"
    return after.subject, after.color or "blue"


def _shade(name: str | None, rng: random.Random) -> str:
    return rng.choice(words.COLOR_WORDS[name or "red"])


def _recolor(edit: Edit, rng: random.Random) -> str:
    color, noun = _shade(edit.after.color, rng), rng.choice(words.SUBJECTS[edit.after.subject])
    if edit.after.second:
        return rng.choice((f"make the {noun} {color}", f"change the {noun} to {color}"))
    if edit.after.kind == "building":
        return rng.choice(
            (f"make the {noun} {color}", f"paint the walls {color}", f"paint the {noun} {color}")
        )
    return rng.choice(
        (f"make it {color}", f"change the color to {color}", f"make the {noun} {color}")
    )


def _rebackground(edit: Edit, rng: random.Random) -> str:
    color = _shade(edit.after.background, rng)
    forms = (
        "change the background to {}",
        "make the background {}",
        "{} background",
        "a {} background",
    )
    return rng.choice(forms).format(color)


def _reroof(edit: Edit, rng: random.Random) -> str:
    color = _shade(edit.after.roof, rng)
    return rng.choice(("make the roof {}", "change the roof to {}", "paint the roof {}")).format(
        color
    )


def _resky(edit: Edit, rng: random.Random) -> str:
    name = edit.after.sky or "day"
    return rng.choice(
        (f"make it {name}", f"change the sky to {name}", rng.choice(words.SKY_WORDS[name]))
    )


def _reground(edit: Edit, rng: random.Random) -> str:
    place = rng.choice(words.GROUND_WORDS[edit.after.ground or "grass"])
    return rng.choice((f"put it {place}", place))


def _rewindow(edit: Edit, rng: random.Random) -> str:
    unit = "floor" if edit.after.subject == "apartment block" else "window"
    number = words.NUMBERS[edit.after.windows or 2]
    many = unit if edit.after.windows == 1 else unit + "s"
    return rng.choice(
        (f"give it {number} {many}", f"change it to {number} {many}", f"{number} {many}")
    )


def _retree(edit: Edit, rng: random.Random) -> str:
    if edit.after.tree:
        return rng.choice(("add a tree", "with a tree", "put a tree beside it"))
    return rng.choice(("remove the tree", "without the tree", "no tree"))


def _recard(edit: Edit, rng: random.Random) -> str:
    name = f"{edit.after.rank} of {edit.after.suit}"
    return rng.choice((f"change it to the {name}", f"make it the {name}"))


def _repattern(edit: Edit, rng: random.Random) -> str:
    word = rng.choice(words.PATTERN_WORDS[edit.after.pattern or "plain"])
    return rng.choice((f"make it {word}", f"change the pattern to {word}"))


def _resubject(edit: Edit, rng: random.Random) -> str:
    new = rng.choice(words.SUBJECTS[edit.after.subject])
    old = rng.choice(words.SUBJECTS[edit.before.subject])
    if edit.after.count > 1:
        return f"turn them into {words.plural(new)}"
    if edit.after.second:
        return f"replace the {old} with {with_article(new)}"
    forms = (
        "turn it into {}",
        "change it to {}",
        "replace it with {}",
        f"replace the {old} with {{}}",
    )
    return rng.choice(forms).format(with_article(new))


def _add(edit: Edit, rng: random.Random) -> str:
    subject, color = _added(edit)
    noun = rng.choice(words.SUBJECTS[subject])
    what = with_article(
        f"{_shade(color, rng)} {noun}" if STYLES[edit.after.style].colored else noun
    )
    side = "right" if edit.before.position == "left" else "left"
    return rng.choice((f"add {what}", f"add {what} on the {side}", f"put {what} on the {side}"))


def _remove(edit: Edit, rng: random.Random) -> str:
    noun = rng.choice(words.SUBJECTS[edit.before.second or "circle"])
    return rng.choice((f"remove the {noun}", f"delete the {noun}", f"without the {noun}"))


def _restyle(edit: Edit, rng: random.Random) -> str:
    name = {
        "ink": "an ink drawing",
        "blueprint": "a blueprint",
        "pixel": "pixel art",
        "pastel": "a pastel drawing",
    }
    return rng.choice(("turn it into {}", "make it {}", "as {}")).format(name[edit.after.style])


_ORDERS: dict[str, Callable[[Edit, random.Random], str]] = {
    "color": _recolor,
    "background": _rebackground,
    "roof": _reroof,
    "sky": _resky,
    "ground": _reground,
    "windows": _rewindow,
    "tree": _retree,
    "rank": _recard,
    "suit": _recard,
    "pattern": _repattern,
    "subject": _resubject,
    "add": _add,
    "remove": _remove,
    "style": _restyle,
}
