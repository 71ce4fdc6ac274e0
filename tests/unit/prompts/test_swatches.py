"""Swatches: drawn by code from a design, the same each time, and safe to show."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.prompts.styles import Style, Styles
from core.prompts.swatches.design import DARK, MARKS, PLAIN, WORDS, Swatch, derive
from core.prompts.swatches.grounds import GROUNDS
from core.settings import ROOT

SHIPPED = Styles(ROOT / "presets" / "styles")
COLOURS = "#f5e3c5 #e0735a #3d6f80 #f2b84e"
ELEMENTS = {
    "svg", "defs", "g", "path", "rect", "circle", "ellipse", "clipPath", "filter", "stop",
    "linearGradient", "radialGradient", "feTurbulence", "feColorMatrix", "feComposite",
    "feDisplacementMap", "feDropShadow", "feGaussianBlur", "feDiffuseLighting", "feDistantLight",
}  # fmt: skip


def elements(svg: str) -> set[str]:
    """The names of all elements."""
    root = ElementTree.fromstring(svg)
    return {element.tag.rpartition("}")[2] for element in root.iter()}


def test_every_shipped_style_has_a_design_of_its_own() -> None:
    designs = [style.swatch for style in SHIPPED.all()]
    assert None not in designs
    combinations = {(design.colours, design.marks, design.ground) for design in designs if design}
    assert len(combinations) == len(designs)


@pytest.mark.parametrize("style", SHIPPED.all(), ids=lambda style: style.id)
def test_a_swatch_is_a_small_drawing_and_the_same_each_time(style: Style) -> None:
    svg = SHIPPED.swatch(style.id)
    assert elements(svg) <= ELEMENTS
    assert len(svg) < 60_000
    assert svg == SHIPPED.swatch(style.id)
    assert "nan" not in svg
    referenced = set(re.findall(r"url\(#(\w+)\)", svg))
    assert referenced == set(re.findall(r' id="(\w+)"', svg)), "each definition is used"


@pytest.mark.parametrize("marks", MARKS)
def test_every_kind_of_mark_is_used_and_shows_its_colours(marks: str) -> None:
    assert marks in {style.swatch.marks for style in SHIPPED.all() if style.swatch}
    first = Swatch.model_validate({"colours": COLOURS, "marks": marks}).svg("a")
    other = Swatch.model_validate({"colours": COLOURS.replace("e0735a", "1a9a5a"), "marks": marks})
    assert first != other.svg("a")


def test_words_lead_to_marks_and_grounds_that_exist() -> None:
    for marks, ground in (*PLAIN, *(pair for _, *pair in WORDS)):
        assert marks in MARKS
        assert ground in GROUNDS


@given(st.text(max_size=200))
def test_any_text_has_a_swatch_without_a_word_of_it(text: str) -> None:
    design = derive(text)
    assert design == derive(text)
    assert elements(design.svg("mine")) <= ELEMENTS


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("a watercolour of {prompt}", "wash"),
        ("{prompt}, 35mm photograph", "soft"),
        ("Blueprint of {prompt}", "drafted"),
        ("cinematic film still of {prompt}", "soft"),
        ("pixel art", "pixels"),
        ("knitted wool {prompt}", "felted"),
    ],
)
def test_the_words_of_a_text_choose_the_marks(text: str, marks: str) -> None:
    assert derive(text).marks == marks


def test_dark_words_give_a_dark_ground() -> None:
    def light(text: str) -> int:
        return sum(bytes.fromhex(derive(text).colours[0][1:]))

    assert DARK.search("a dark castle")
    assert light("a dark castle") < 200 < light("a castle")


@pytest.mark.parametrize(
    "design",
    [
        {"colours": "#000000 #ffffff", "marks": "flat"},
        {"colours": COLOURS.replace("#f5e3c5", "red<script>"), "marks": "flat"},
        {"colours": COLOURS, "marks": "nothing"},
        {"colours": COLOURS, "marks": "flat", "ground": "nothing"},
    ],
)
def test_a_bad_design_is_refused(design: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Swatch.model_validate(design)


def test_a_design_is_no_part_of_what_decides_an_image() -> None:
    plain = Style(id="a", name="A", prompt="{prompt}")
    design = Swatch.model_validate({"colours": COLOURS, "marks": "flat"})
    assert plain.model_copy(update={"swatch": design}).model_dump_json() == plain.model_dump_json()
