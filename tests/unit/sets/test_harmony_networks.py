"""Harmony by a metric network, on decks that the renderer of the built-in model draws."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.engine.evaluation.likeness import nearest
from core.engine.evaluation.reader import Reader
from core.sets.harmony import SAME_TO_NETWORK, DeckHarmony, Subjects, measure
from core.settings import ROOT
from core.store.decoding.statistics import statistics_of
from tools.nano.adherence import held_out
from tools.nano.render import render

SIDE = 128


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load(ROOT / "models" / "nano" / "reader.onnx", "cpu")


def drawn(number: int) -> list[Image.Image]:
    return [render(scene, SIDE, SIDE).image for scene in held_out(number, f"deck{number}")]


def harmony(reader: Reader, images: list[Image.Image]) -> DeckHarmony:
    likeness, places = nearest(reader.vectors(images))
    subjects = Subjects(likeness, places, SAME_TO_NETWORK, "a network")
    return measure([statistics_of(image) for image in images], subjects)


@pytest.mark.parametrize("number", [2, 6, 12, 22])
def test_a_deck_of_different_scenes_has_no_duplicate(reader: Reader, number: int) -> None:
    deck = harmony(reader, drawn(number))
    assert not [card for card in deck.cards if "duplicate" in card.reasons]


@pytest.mark.parametrize("number", [6, 22])
def test_a_scene_drawn_again_is_found_by_its_twin(reader: Reader, number: int) -> None:
    images = drawn(number)
    images[2] = images[0].resize((96, 96)).resize((SIDE, SIDE))
    deck = harmony(reader, images)
    twins = [place for place, card in enumerate(deck.cards) if "duplicate" in card.reasons]
    assert twins == [0, 2]
    assert (deck.cards[0].nearest, deck.cards[2].nearest) == (2, 0)
    assert deck.cards[0].distinctness < 10


def test_the_part_that_all_images_share_does_not_count() -> None:
    own = np.eye(5)
    likeness, _ = nearest(own + 100)
    assert max(likeness) < 0.1
    assert nearest(np.array([[1.0, 0.0], [1.0, 0.0]])) == ([1.0, 1.0], [1, 0])
