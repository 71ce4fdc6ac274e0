"""Puts scenes into words: at random for training, in full for measuring."""

from __future__ import annotations

import random

from tools.nano import words
from tools.nano.drawing.styles import STYLES
from tools.nano.scene import Scene
from tools.nano.words import plural, with_article


class Plain:
    """Answers the first wording everywhere: what `full_caption` uses instead of a random source."""

    def choice(self, options: tuple[str, ...]) -> str:
        return options[0]

    def random(self) -> float:
        return 0.5


Source = random.Random | Plain


def caption(scene: Scene, rng: random.Random) -> str:
    """A wording of `scene` at random that says what `scene.named` allows."""
    text = _describe(scene, frozenset(scene.named), rng)
    if rng.random() < 0.12:
        text = f"{text}, {rng.choice(words.QUALITY)}"
    if rng.random() < 0.2:
        text = text[0].upper() + text[1:]
    return text + "." if rng.random() < 0.06 else text


def full_caption(scene: Scene) -> str:
    """The wording that names every attribute, always the same for the same scene."""
    everything = (
        "color",
        "background",
        "position",
        "size",
        "roof",
        "windows",
        "sky",
        "ground",
        "tree",
        "pattern",
    )
    return _describe(scene, frozenset(everything), Plain())


# What an outline drawing does not show.
COLORED = frozenset(("color", "background", "roof", "sky", "ground"))


def _describe(scene: Scene, named: frozenset[str], rng: Source) -> str:
    if not STYLES[scene.style].colored:
        named -= COLORED
    body = {
        "object": _object,
        "building": _building,
        "card": _card,
        "garment": _garment,
    }[scene.kind](scene, named, rng)
    return _styled(scene, body, rng)


def _styled(scene: Scene, body: str, rng: Source) -> str:
    frame = rng.choice(
        words.FLAT_WORDS if scene.style == "flat" else words.STYLE_WORDS[scene.style]
    )
    bare = body.split(" ", 1)[1] if body.startswith(("a ", "an ")) else body
    if frame == "a pixel art {bare}" and bare == body:
        frame = "pixel art of {}"
    text = frame.format(body, bare=bare)
    bare_words = scene.count == 1 and isinstance(rng, random.Random) and rng.random() < 0.3
    return text.removeprefix("a ").removeprefix("an ") if bare_words else text


def _color(name: str | None, named: frozenset[str], rng: Source, attribute: str = "color") -> str:
    return rng.choice(words.COLOR_WORDS[name]) if name and attribute in named else ""


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _background(scene: Scene, named: frozenset[str], rng: Source) -> str:
    if "background" not in named or scene.background is None:
        return ""
    what = (
        "plain" if scene.background == "plain" else rng.choice(words.COLOR_WORDS[scene.background])
    )
    return rng.choice(words.BACKGROUND_WORDS).format(with_article(what))


def _praise(rng: Source) -> str:
    return rng.choice(words.PRAISE) if rng.random() < 0.08 else ""


def _object(scene: Scene, named: frozenset[str], rng: Source) -> str:
    noun, color = rng.choice(words.SUBJECTS[scene.subject]), _color(scene.color, named, rng)
    background = _background(scene, named, rng)
    if scene.second:
        other = _join(
            _color(scene.second_color, named, rng), rng.choice(words.SUBJECTS[scene.second])
        )
        first = with_article(_join(color, noun))
        link = rng.choice(("and", "and", "next to", "beside"))
        return _join(first, link, with_article(other), background)
    if scene.count > 1:
        number = words.NUMBERS[scene.count] if rng.random() < 0.8 else str(scene.count)
        return _join(number, color, plural(noun), background)
    size = rng.choice(words.SIZE_WORDS[scene.size]) if "size" in named else ""
    place = rng.choice(words.POSITION_WORDS[scene.position]) if "position" in named else ""
    body = with_article(_join(_praise(rng), size, color, noun))
    tails = [place, background] if rng.random() < 0.6 else [background, place]
    return _join(body, *tails)


def _building(scene: Scene, named: frozenset[str], rng: Source) -> str:
    noun = rng.choice(words.SUBJECTS[scene.subject])
    body = with_article(_join(_praise(rng), _color(scene.color, named, rng), noun))
    parts = _building_parts(scene, named, rng)
    if parts:
        body += " with " + (
            ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]
        )
    sky = rng.choice(words.SKY_WORDS[scene.sky or "day"]) if "sky" in named else ""
    ground = rng.choice(words.GROUND_WORDS[scene.ground or "grass"]) if "ground" in named else ""
    tails = [ground, sky] if rng.random() < 0.6 else [sky, ground]
    return _join(body, *tails)


def _building_parts(scene: Scene, named: frozenset[str], rng: Source) -> list[str]:
    parts: list[str] = []
    if "roof" in named:
        parts.append(with_article(_color(scene.roof, named, rng, "roof") + " roof"))
    if "windows" in named and scene.subject != "lighthouse":
        unit = "floor" if scene.subject == "apartment block" else "window"
        many = unit if scene.windows == 1 else unit + "s"
        number = words.NUMBERS[scene.windows or 2] if rng.random() < 0.7 else str(scene.windows)
        parts.append(f"{number} {many}")
    if "tree" in named and scene.tree:
        parts.append("a tree")
    return parts


def _card(scene: Scene, named: frozenset[str], rng: Source) -> str:
    rank = scene.rank or "ace"
    rank = words.RANK_WORDS.get(rank, rank) if rng.random() < 0.4 else rank
    name = f"{rank} of {scene.suit}"
    forms = (
        f"the {name}",
        name,
        f"a playing card, the {name}",
        f"the {name} playing card",
        f"{name} card",
    )
    return _join(rng.choice(forms), _background(scene, named, rng))


def _garment(scene: Scene, named: frozenset[str], rng: Source) -> str:
    noun, color = rng.choice(words.SUBJECTS[scene.subject]), _color(scene.color, named, rng)
    pattern, tail = "", ""
    if "pattern" in named and scene.pattern:
        pattern = rng.choice(words.PATTERN_WORDS[scene.pattern])
        if rng.random() < 0.25:
            pattern, tail = "", words.PATTERN_TAILS.get(scene.pattern, "")
    pair = (color, pattern) if rng.random() < 0.6 else (pattern, color)
    return _join(
        with_article(_join(_praise(rng), *pair, noun)), tail, _background(scene, named, rng)
    )
