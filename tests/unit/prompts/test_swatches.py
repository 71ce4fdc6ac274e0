"""Swatches: drawn by code from a design, the same each time, and safe to show."""

from __future__ import annotations

import json
import re
from itertools import cycle
from pathlib import Path
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


ATTRIBUTE_TEXT = re.compile(r"^[\w .,%#()-]*$")
HOSTILE = (
    "</svg><script>alert(1)</script>", '" onload="alert(1)', "&lt;!ENTITY x SYSTEM 'file:///'>",
    "url(http://evil.example/a.png)", "javascript:alert(1)", "{{7*7}}", "../../etc",
)  # fmt: skip


def attributes(svg: str) -> set[tuple[str, str]]:
    """The names and values of all attributes."""
    return {pair for element in ElementTree.fromstring(svg).iter() for pair in element.items()}


def drawings() -> dict[tuple[str, str], str]:
    """Each kind of mark on a ground, and each ground under a mark."""
    pairs = zip(MARKS, cycle(GROUNDS), strict=False)
    return {
        (marks, ground): Swatch.model_validate(
            {"colours": COLOURS, "marks": marks, "ground": ground}
        ).svg("same")
        for marks, ground in pairs
    }


def test_no_drawing_refers_to_anything_outside_or_runs_a_script() -> None:
    pairs = drawings()
    assert {ground for _, ground in pairs} == set(GROUNDS)
    for place, svg in pairs.items():
        assert elements(svg) <= ELEMENTS, place
        for name, value in attributes(svg):
            assert not name.startswith("on"), place
            assert "href" not in name, place
            assert name != "style", place
            assert ATTRIBUTE_TEXT.match(value), (place, name, value)
            assert "url(" not in value or re.fullmatch(r"url\(#d\d+\)", value), (place, value)


def test_every_number_of_a_drawing_is_finite() -> None:
    for place, svg in drawings().items():
        assert not re.search(r"(?<![a-z])(nan|inf)(?![a-z])", svg.lower()), place


def test_every_ground_and_every_kind_of_mark_is_another_drawing() -> None:
    for kind, names in (("marks", MARKS), ("ground", GROUNDS)):
        design = {"colours": COLOURS, "marks": "flat", "ground": "plain"}
        svgs = {Swatch.model_validate({**design, kind: name}).svg("same") for name in names}
        assert len(svgs) == len(names)


def test_the_swatches_of_shipped_styles_differ() -> None:
    styles = SHIPPED.all()
    assert len({SHIPPED.swatch(style.id) for style in styles}) == len(styles)


def test_marks_are_the_public_functions_of_their_modules() -> None:
    assert {marks.__module__.rpartition(".")[2] for marks in MARKS.values()} == {
        "paints",
        "lines",
        "materials",
        "lights",
    }
    for name, marks in MARKS.items():
        assert name == marks.__name__
        assert marks.__doc__


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_style_is_drawn_without_its_text(tmp_path: Path, text: str) -> None:
    for seed in (text, "plain"):
        assert elements(derive(text).svg(seed)) <= ELEMENTS
    style = {"id": "mine", "name": text[:60], "prompt": text + "{prompt}"}
    content = {"category": text, "styles": [style]}
    (tmp_path / "mine.yaml").write_text(json.dumps(content), encoding="utf-8")
    svg = Styles(None, tmp_path).swatch("mine")
    assert elements(svg) <= ELEMENTS
    assert "".join(ElementTree.fromstring(svg).itertext()) == ""
    assert text not in svg


def test_another_seed_moves_random_marks_only() -> None:
    for marks, count in (("flat", 1), ("outlined", 1), ("stippled", 2), ("facets", 2)):
        design = {"colours": COLOURS, "marks": marks, "ground": "plain"}
        assert len({Swatch.model_validate(design).svg(seed) for seed in "ab"}) == count
