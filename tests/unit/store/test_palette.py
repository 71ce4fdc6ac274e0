"""Drawn images of known colours have those colours, with their shares."""

import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from core.settings import ROOT
from core.store.decoding.palette import COLOURS, dominant_colours, name_of, to_oklab

SWATCHES = dict(
    re.findall(
        r'\.swatch\[data-colour="(\w+)"\] \{ --swatch: (#\w{6})',
        Path(ROOT, "web/styles/facets.css").read_text(encoding="utf-8"),
    )
)


def rgb(hex_colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(hex_colour.removeprefix("#"))
    return red, green, blue


def test_the_swatches_of_the_page_are_the_named_colours() -> None:
    assert set(SWATCHES) == set(COLOURS)
    assert {name: name_of(to_oklab(*rgb(value))) for name, value in SWATCHES.items()} == {
        name: name for name in SWATCHES
    }


@pytest.mark.parametrize("name", SWATCHES)
def test_a_plain_image_has_one_colour(name: str) -> None:
    (colour,) = dominant_colours(Image.new("RGB", (90, 60), SWATCHES[name]))
    assert (colour["name"], colour["share"]) == (name, 1.0)
    differences = zip(rgb(colour["hex"]), rgb(SWATCHES[name]), strict=True)
    assert all(abs(first - second) <= 8 for first, second in differences)


def test_each_part_of_a_drawing_has_its_share() -> None:
    image = Image.new("RGB", (96, 96), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 95, 31), fill="#3568c9")
    draw.rectangle((0, 84, 47, 95), fill="#d9372c")
    draw.point([(50, 50), (60, 60)], fill="#4f9d5b")
    colours = {colour["name"]: colour["share"] for colour in dominant_colours(image)}
    assert list(colours) == ["white", "blue", "red"]
    assert colours == pytest.approx({"white": 0.604, "blue": 0.333, "red": 0.063}, abs=0.02)


def test_the_same_pixels_give_the_same_colours_at_any_size_and_mode() -> None:
    image = Image.linear_gradient("L").convert("RGB")
    assert dominant_colours(image) == dominant_colours(image.copy())
    drawing = Image.new("RGB", (64, 64), "#3568c9")
    assert dominant_colours(drawing) == dominant_colours(drawing.resize((640, 320)))
    assert [colour["name"] for colour in dominant_colours(drawing.convert("L"))] == ["grey"]


def test_transparent_pixels_do_not_count() -> None:
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    assert dominant_colours(image) == []
    image.paste((0, 0, 255, 255), (0, 0, 32, 64))
    assert [(c["name"], c["share"]) for c in dominant_colours(image)] == [("blue", 1.0)]
