"""The shipped styles, and the combination of several for one prompt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput, StudioError
from core.prompts.merging import PLACE, combine_styles, join_phrases, merge_loras
from core.prompts.styles import Style, Styles
from core.settings import ROOT

SHIPPED = Styles(ROOT / "presets" / "styles")
CHOSEN = st.lists(st.sampled_from(SHIPPED.all()), max_size=4, unique=True)
PHRASES = st.lists(st.sampled_from(["tree", "Tree", "red hat", "(a, b:1.2)", "{x,y|z}", " tree "]))


@dataclass(frozen=True)
class Use:
    name: str
    weight: float = 1.0


def test_at_least_sixty_ship_in_several_categories_with_names_of_their_own() -> None:
    styles = SHIPPED.all()
    assert len(styles) >= 60
    assert len({style.category for style in styles}) >= 6
    for kind in ("id", "name", "prompt"):
        assert len({getattr(style, kind) for style in styles}) == len(styles), kind


@given(CHOSEN, st.text(max_size=60))
def test_the_users_prompt_stands_once_and_unchanged_in_the_middle(
    styles: list[Style], prompt: str
) -> None:
    whole = combine_styles(styles).apply(prompt)
    before, _, after = combine_styles(styles).prompt.partition(PLACE)
    assert whole == before + prompt + after
    assert all(
        part in combine_styles(styles).prompt
        for style in styles
        for part in style.prompt.split(PLACE)
    )


def test_the_first_style_stands_closest_and_a_place_in_the_users_words_is_text() -> None:
    inner = Style(id="a", name="A", prompt="ink {prompt} on paper")
    outer = Style(id="b", name="B", prompt="photo of {prompt}, framed")
    assert (
        combine_styles([inner, outer]).apply("a {prompt}")
        == "photo of ink a {prompt} on paper, framed"
    )
    assert combine_styles([]).apply("x") == "x"


@given(PHRASES, PHRASES)
def test_joined_phrases_stand_once_in_order_and_none_is_lost(
    first: list[str], second: list[str]
) -> None:
    whole = join_phrases(", ".join(first), ", ".join(second))
    assert join_phrases(whole) == whole == join_phrases(whole, *second)
    seen = list(dict.fromkeys(phrase.strip().lower() for phrase in first + second))
    assert join_phrases(", ".join(seen)).lower() == whole.lower()


def test_styles_join_what_the_user_avoids() -> None:
    styles = [SHIPPED.get("ink-drawing"), SHIPPED.get("blueprint")]
    assert combine_styles(styles).apply_negative("Photograph, dogs") == (
        "Photograph, dogs, colour, shading, colour fill"
    )
    assert combine_styles([]).apply_negative(" a,  a") == " a,  a"


@given(
    st.lists(st.builds(Use, st.sampled_from("aAbc"), st.floats(-1, 1)), max_size=4),
    st.lists(st.builds(Use, st.sampled_from("aAbcd"), st.floats(-1, 1)), max_size=4),
)
def test_loras_come_together_by_content_and_the_users_own_stay_as_they_are(
    own: list[Use], more: list[Use]
) -> None:
    merged = merge_loras(own, more, str.lower)
    assert merged[: len(own)] == own
    added = [use.name.lower() for use in merged[len(own) :]]
    assert len(set(added)) == len(added)
    assert {use.name.lower() for use in merged} == {use.name.lower() for use in own + more}
    assert not {use.name.lower() for use in own} & set(added)


def test_a_style_is_found_by_its_name_too_and_an_unknown_one_is_named() -> None:
    assert SHIPPED.get("Ink drawing").id == "ink-drawing"
    with pytest.raises(InvalidInput, match="no style"):
        SHIPPED.get("nothing")


@pytest.mark.parametrize(
    "text",
    [
        "category: A\nstyles:\n  - {id: a, name: A, prompt: no place}",
        "category: A\nstyles:\n  - {id: A B, name: A, prompt: '{prompt}'}",
        "category: A",
        "[",
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StudioError, match=r"bad\.yaml"):
        Styles(tmp_path)


def test_pictures_of_styles_are_small_and_belong_to_one() -> None:
    files = list((ROOT / "presets" / "styles").glob("thumbnails/*"))
    assert sum(path.stat().st_size for path in files) < 400_000
    assert {path.stem for path in files} <= {style.id for style in SHIPPED.all()}
    assert all(SHIPPED.thumbnail(path.stem) == path for path in files)
    assert SHIPPED.thumbnail("../../workflow") is None
