"""Cards: as many pips as the value says, in their places, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageColor
from scipy import ndimage  # type: ignore[import-untyped]

from core.operations.overlay import Overlay
from core.pictures.cards import pips
from core.pictures.cards.drawing import MILLIMETRES_PER_INCH, Card, draw_card, suit_of
from core.pictures.cards.layout import CardLayout, layouts
from core.pictures.cards.shapes import polygons_of, shapes

DPI = 100
SUITS = ("hearts", "diamonds", "clubs", "spades")
VALUES = ("ace", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
WHITE = Image.new("RGB", (64, 96), "white")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def islands(card: Image.Image, colour: str) -> int:
    """The number of separate areas of a colour."""
    distance = np.abs(np.asarray(card, int) - ImageColor.getrgb(colour)).max(axis=2)
    _, number = ndimage.label(distance < 40)
    return int(number)


def drawn(card: Card, layout: str = "poker", image: Image.Image = WHITE) -> Image.Image:
    return draw_card(image, card, layouts()[layout], DPI)


@pytest.mark.parametrize("layout", layouts())
@pytest.mark.parametrize("suit", SUITS)
@pytest.mark.parametrize("value", VALUES)
def test_a_card_shows_as_many_pips_as_its_value(layout: str, suit: str, value: str) -> None:
    card = drawn(Card(value, suit, index=False), layout)
    assert islands(card, shapes()[suit].colour) == VALUES.index(value) + 1


@pytest.mark.parametrize("suit", SUITS)
def test_the_corners_show_value_and_suit_once_each(suit: str) -> None:
    card = drawn(Card("seven", suit, pips=False))
    assert islands(card, shapes()[suit].colour) == 4, "two labels and two suits"


@pytest.mark.parametrize(
    ("value", "number", "label"),
    [
        ("Ace", 1, "A"),
        ("a", 1, "A"),
        ("10", 10, "10"),
        (" Seven ", 7, "7"),
        ("queen", 0, "Q"),
        ("Page", 0, "P"),
        ("joker", 0, "JOK"),
        ("11", 0, "11"),
        ("0", 0, "0"),
        ("", 0, ""),
    ],
)
def test_values_are_read_as_words_digits_and_letters(value: str, number: int, label: str) -> None:
    assert (pips.count(value), pips.label(value)) == (number, label)


def test_the_places_of_pips_are_symmetric_and_distinct() -> None:
    for number, places in pips.PLACES.items():
        assert len(set(places)) == number
        assert {(1 - across, down) for across, down in places} == set(places)
        if number != 7:  # the odd one stands in the upper half
            turned = {(round(1 - across, 6), round(1 - down, 6)) for across, down in places}
            assert turned == {(round(across, 6), round(down, 6)) for across, down in places}


def test_a_suit_is_found_in_any_form_and_a_joker_gets_a_star() -> None:
    assert suit_of(Card("two", "Hearts")) == suit_of(Card("two", "heart")) == shapes()["hearts"]
    assert suit_of(Card("Red Joker", "red")) == shapes()["star"]
    assert suit_of(Card("two", "cups")) is None


@pytest.mark.parametrize("name", layouts())
@pytest.mark.parametrize("bleed", [False, True])
def test_a_card_has_the_size_of_its_layout(name: str, bleed: bool) -> None:
    layout = layouts()[name]
    margin = 2 * layout.bleed if bleed else 0
    card = drawn(Card(bleed=bleed), name)
    expected = [
        (side + margin) * DPI / MILLIMETRES_PER_INCH for side in (layout.width, layout.height)
    ]
    assert card.size == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("name", layouts())
def test_every_part_of_a_layout_lies_on_its_card(name: str) -> None:
    layout = layouts()[name]
    window, text = layout.window, layout.text
    for box in (window, text):
        assert layout.across(box.x) >= 0
        assert layout.across(box.x) + layout.across(box.width) <= layout.width
        assert layout.down(box.y) + layout.down(box.height) <= layout.height
    for line in (layout.title, layout.number):
        assert 0 <= layout.down(line.y) <= layout.height - line.height


@given(TEXT, TEXT, TEXT, TEXT, TEXT, st.sampled_from(sorted(layouts())))
def test_any_text_is_drawn_and_drawn_alike(
    value: str, suit: str, title: str, number: str, text: str, layout: str
) -> None:
    card = Card(value, suit, title, number, text)
    assert drawn(card, layout).tobytes() == drawn(card, layout).tobytes()


def test_a_long_title_stays_on_its_card() -> None:
    layout = layouts()["poker"]
    card = np.asarray(drawn(Card(title="a very long title " * 20)))
    plain = np.asarray(drawn(Card()))
    changed = np.nonzero((card != plain).any(axis=(0, 2)))[0]
    margin = 0.04 * card.shape[1]
    assert changed.min() > margin
    assert changed.max() < card.shape[1] - margin
    assert layout.title.size > 0


def test_without_a_frame_the_image_covers_the_card_and_its_bleed() -> None:
    red = Image.new("RGB", (10, 10), "#d01010")
    bare = drawn(Card(frame=False, bleed=True), image=red)
    assert bare.getcolors() == [(bare.width * bare.height, (0xD0, 0x10, 0x10))]


def test_a_transparent_image_shows_the_paper() -> None:
    clear = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    card = drawn(Card(), image=clear)
    middle = card.getpixel((card.width // 2, card.height // 2))
    assert middle == ImageColor.getrgb(layouts()["poker"].paper)


@pytest.mark.parametrize("path", ["M 1 1 L 2", "M 1 1 L 2 2", "L", "M 0 0 Q 1 1 2 2 Z 5"])
def test_a_broken_path_is_refused(path: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        polygons_of(path)


def test_the_operation_offers_every_layout() -> None:
    assert Overlay.model_fields["layout"].json_schema_extra["enum"] == list(layouts())  # type: ignore[index]
    assert all(isinstance(layout, CardLayout) for layout in layouts().values())
