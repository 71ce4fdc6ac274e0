"""Captions: at random for training, complete for measuring."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tools.nano import words
from tools.nano.captions import caption, full_caption
from tools.nano.corpus import corpus
from tools.nano.scene import Scene, labels, sample_scene
from tools.nano.words import plural, with_article

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS)
def test_the_full_caption_names_every_label(seed: int) -> None:
    scene = sample_scene(random.Random(seed))
    text = full_caption(scene)
    for attribute, value in labels(scene).items():
        shown = _phrase(scene, attribute, value)
        assert shown in text, f"{attribute}={value}: {text}"


def _phrase(scene: Scene, attribute: str, value: str) -> str:
    if attribute == "subject":
        name = f"{scene.rank} of {scene.suit}" if scene.kind == "card" else value
        return plural(name) if scene.count > 1 else name
    if attribute == "style":
        return {"flat": "", "ink": "ink drawing", "pixel": "pixel art"}.get(value, value)
    if attribute in ("count", "windows"):
        return "" if attribute == "count" and value == "1" else words.NUMBERS[int(value)]
    if attribute in ("sky", "ground"):
        table = words.SKY_WORDS if attribute == "sky" else words.GROUND_WORDS
        return table[value][0]
    if attribute == "tree":
        return "a tree" if value == "yes" else ""
    return value


@given(SEEDS)
def test_a_caption_says_no_background_that_it_may_not_name(seed: int) -> None:
    rng = random.Random(seed)
    scene = sample_scene(rng)
    if "background" not in scene.named:
        text = caption(scene, rng)
        assert not {"background", "backdrop", "wall"} & set(text.replace(",", "").split())


@given(SEEDS)
def test_captions_of_outline_drawings_name_no_colours(seed: int) -> None:
    rng = random.Random(seed)
    scene = Scene("object", "boat", seed % 1000, style="ink", color="teal", named=("color",))
    assert not {"teal", "turquoise"} & set(caption(scene, rng).lower().split())


def test_the_corpus_is_the_same_for_the_same_seed() -> None:
    first = list(corpus(random.Random(3), 200))
    assert first == list(corpus(random.Random(3), 200))
    assert len(set(first)) > 150


def test_articles_and_plurals_are_english() -> None:
    assert with_article("orange cat") == "an orange cat"
    assert with_article("red jeans") == "red jeans"
    assert [plural(n) for n in ("pine tree", "bus", "cactus", "box")] == [
        "pine trees",
        "buses",
        "cacti",
        "boxes",
    ]
