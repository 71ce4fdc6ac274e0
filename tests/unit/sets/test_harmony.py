"""Harmony on drawn decks: the odd style and the repeated subject are found, and nothing else is."""

from __future__ import annotations

import random

import pytest
from PIL import Image, ImageDraw, ImageOps

from core.sets.harmony import DeckHarmony, measure
from core.store.decoding.statistics import statistics_of

SIDE = 128


def drawing(seed: int, ground: str = "#f2e6c9", ink: str = "#7a3b2e") -> Image.Image:
    """Shapes of a seed in two colours."""
    chance = random.Random(seed)
    image = Image.new("RGB", (SIDE, SIDE), ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((4, 4, SIDE - 5, SIDE - 5), outline=ink, width=3)
    for _ in range(5):
        x, y, size = chance.randint(10, 90), chance.randint(10, 90), chance.randint(12, 34)
        shape = draw.ellipse if chance.random() < 0.5 else draw.rectangle
        shape((x, y, x + size, y + size), fill=ink)
    return image


def harmony(images: list[Image.Image]) -> DeckHarmony:
    return measure([statistics_of(image) for image in images])


def outliers(images: list[Image.Image]) -> dict[int, tuple[str, ...]]:
    cards = harmony(images).cards
    return {place: card.reasons for place, card in enumerate(cards) if card.reasons}


@pytest.mark.parametrize("number", [2, 3, 6, 22])
def test_a_deck_of_one_style_and_many_subjects_has_no_outlier(number: int) -> None:
    deck = harmony([drawing(seed) for seed in range(number)])
    assert [card.reasons for card in deck.cards] == [()] * number
    assert deck.score is not None
    assert deck.score > 60


ODD = {
    "other colours": drawing(99, "#10233f", "#4ad9c0"),
    "grey": ImageOps.grayscale(drawing(99, "#202020", "#f0f0f0")).convert("RGB"),
    "noise": Image.effect_noise((SIDE, SIDE), 90).convert("RGB"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("place", [0, 7])
def test_the_card_of_another_style_is_found(odd: Image.Image, place: int) -> None:
    images = [drawing(seed) for seed in range(12)]
    whole = harmony(images)
    images[place] = odd
    assert outliers(images) == {place: ("style",)}
    mixed = harmony(images)
    assert mixed.style is not None
    assert whole.style is not None
    assert mixed.style < whole.style
    assert mixed.cards[place].style == min(card.style for card in mixed.cards)


@pytest.mark.parametrize("number", [3, 12, 54])
def test_two_cards_of_one_subject_are_found_by_each_other(number: int) -> None:
    images = [drawing(seed) for seed in range(number)]
    images[2] = images[0].resize((96, 96)).resize((SIDE, SIDE))
    deck = harmony(images)
    assert {place: card.reasons for place, card in enumerate(deck.cards) if card.reasons} == {
        0: ("duplicate",),
        2: ("duplicate",),
    }
    assert (deck.cards[0].nearest, deck.cards[2].nearest) == (2, 0)
    assert deck.cards[0].distinctness < 10


def test_a_frame_that_all_cards_share_makes_no_duplicates() -> None:
    images = [drawing(seed) for seed in range(10)]
    for image in images:
        ImageDraw.Draw(image).rectangle((0, 0, SIDE, SIDE), outline="black", width=22)
    assert outliers(images) == {}


def test_flat_cards_are_alike_and_a_deck_of_one_has_no_figure() -> None:
    flat = Image.new("RGB", (SIDE, SIDE), "teal")
    assert outliers([flat, flat]) == {0: ("duplicate",), 1: ("duplicate",)}
    assert harmony([flat]).score is None
    assert harmony([]).cards == ()


def test_what_is_transparent_counts_as_white() -> None:
    clear = Image.new("RGBA", (SIDE, SIDE), (255, 0, 0, 0))
    assert statistics_of(clear) == statistics_of(Image.new("RGB", (SIDE, SIDE), "white"))
