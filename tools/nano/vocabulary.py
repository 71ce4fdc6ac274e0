"""The words that the model was trained on, grouped for people: what its record and card list."""

from __future__ import annotations

import random
from collections.abc import Iterable

from core.prompts.known_words import words_in
from tools.nano import words
from tools.nano.corpus import corpus
from tools.nano.drawing.animals import ANIMALS
from tools.nano.drawing.buildings import BUILDINGS
from tools.nano.drawing.cards import SUITS
from tools.nano.drawing.garments import OUTLINES
from tools.nano.drawing.plants import PLANTS
from tools.nano.drawing.shapes import SHAPES
from tools.nano.drawing.things import THINGS
from tools.nano.drawing.vehicles import VEHICLES

RANK_NAMES = (*dict.fromkeys(words.RANK_WORDS.values()), "ace", "jack", "queen", "king")
CORPUS = 20_000  # texts, in which every word occurs
CORPUS_SEED = 7
EDITS = (
    "make it night",
    "make the roof red",
    "change the background to blue",
    "put it in the snow",
    "turn it into a dog",
    "replace the cup with a star",
    "add a red circle on the right",
    "remove the car",
    "make it striped",
    "change it to the queen of hearts",
    "turn it into a blueprint",
)


def vocabulary() -> dict[str, tuple[str, ...]]:
    """Words by group, the usual one of several synonyms first."""
    return {
        "buildings": _subjects(BUILDINGS),
        "parts": ("roof", "one window", "two windows", "three floors", "four floors", "a tree"),
        "skies": _all(words.SKY_WORDS),
        "grounds": _all(words.GROUND_WORDS),
        "animals": _subjects(ANIMALS),
        "vehicles": _subjects(VEHICLES),
        "plants": _subjects(PLANTS),
        "things": _subjects(THINGS),
        "shapes": _subjects(SHAPES),
        "garments": _subjects(OUTLINES),
        "patterns": (*_all(words.PATTERN_WORDS), *words.PATTERN_TAILS.values()),
        "cards": RANK_NAMES,
        "suits": tuple(f"of {suit}" for suit in SUITS),
        "colours": _all(words.COLOR_WORDS),
        "backgrounds": ("on a blue background", "on a plain background", "in front of a red wall"),
        "sizes": _all(words.SIZE_WORDS),
        "positions": _all(words.POSITION_WORDS),
        "numbers": ("two cats", "three stars", "four trees"),
        "pairs": ("a red circle and a blue square", "a cat next to a dog"),
        "styles": ("flat illustration", *_styles(_all(words.STYLE_WORDS))),
        "edits": EDITS,
    }


def other_words() -> tuple[str, ...]:
    """The words of captions and edits beside those of `vocabulary`: plurals, articles, praise."""
    phrases = [phrase for group in vocabulary().values() for phrase in group]
    listed = {word for phrase in phrases for word in words_in(phrase)}
    texts = corpus(random.Random(CORPUS_SEED), CORPUS)
    return tuple(sorted({word for text in texts for word in words_in(text)} - listed))


def _subjects(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for name in names for word in words.SUBJECTS[name]))


def _all(table: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for forms in table.values() for word in forms))


def _styles(forms: Iterable[str]) -> tuple[str, ...]:
    """Of the wordings those that follow a subject: they can be added to any prompt."""
    return tuple(form[2:].lstrip(", ") for form in forms if form.startswith("{}"))
