"""Rows of a set: the final prompt, the key, the seed, and what a row sets for itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.operations.declaration.fields import SEED_MAX
from core.sets.definition import SetDefinition
from core.sets.faults import errors
from core.sets.rows import PROMPT_MAX, FilledSet, fill_set, overlay_params, row_seed, slug
from core.sets.table import read_table
from core.sets.template import columns_of, fill, guess, tidied

WORD = st.text(st.characters(categories=["Ll"]), min_size=1, max_size=8)


def filled(csv: str, theme: str = "", **fields: Any) -> FilledSet:
    definition = SetDefinition.model_validate({"name": "A set", "csv_path": "rows.csv", **fields})
    return fill_set(definition, read_table(csv.encode()), theme)


def faults(csv: str, **fields: Any) -> list[tuple[int | None, str | None]]:
    return [(fault.row, fault.column) for fault in errors(filled(csv, **fields).faults)]


def test_a_prompt_is_base_theme_template_and_suffix_in_this_order() -> None:
    preview = filled(
        "value,suit,visual_layout\nqueen,hearts,a rose in her hand\n",
        theme="by the sea. ",
        base_prompt="playing card,",
        prompt_template="{value} of {suit}. {visual_layout}",
        style_suffix="flat illustration",
    )
    [row] = preview.rows
    expected = "playing card. by the sea. queen of hearts. a rose in her hand. flat illustration"
    assert row.prompt == expected
    assert row.key == "queen-of-hearts"
    assert row.number == 2


@given(st.dictionaries(WORD, WORD, min_size=1, max_size=5), WORD)
def test_every_place_takes_the_cell_of_its_column(cells: dict[str, str], theme: str) -> None:
    template = " and ".join(f"{{{name}}}" for name in cells)
    assert columns_of(template) == list(cells)
    assert fill(template, cells) == " and ".join(cells.values())


def test_places_are_found_without_regard_to_case_and_braces_of_cells_are_no_places() -> None:
    assert fill("{Value} of {SUIT}", {"value": "{suit}", "Suit": "hearts"}) == "{suit} of hearts"
    assert fill("{ink|oil} {value}", {"value": "king"}) == "{ink|oil} king"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("king. . a castle", "king. a castle"),
        ("king, , a castle", "king, a castle"),
        (". a castle", "a castle"),
        ("a  b\n c", "a b c"),
        ("king .", "king."),
    ],
)
def test_an_empty_cell_leaves_no_mark_behind(text: str, expected: str) -> None:
    assert tidied(text) == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["prompt", "seed"], "{prompt}"),
        (["value", "suit", "visual_layout"], "{value} of {suit}. {visual_layout}"),
        (["id", "Name", "description"], "{Name}. {description}"),
        (["sign", "element"], "{sign}. {element}"),
        (["animal", "place", "seed"], "{animal}. {place}"),
    ],
)
def test_a_table_alone_gets_a_template(columns: list[str], expected: str) -> None:
    assert guess(columns, {"seed"}) == expected


def test_columns_of_a_row_replace_what_the_set_says() -> None:
    csv = (
        "name,negative_prompt,seed,loras,width,height,filename\n"
        "Aries,fog,7,ink:0.8; robot,512,768,the ram\n"
        "Leo,,,,,,\n"
    )
    aries, leo = filled(csv, prompt_template="{name}").rows
    assert aries.filename == "the ram"
    assert aries.params == {
        "negative_prompt": "fog",
        "seed": 7,
        "loras": [{"name": "ink", "weight": 0.8}, {"name": "robot", "weight": 0.5}],
        "width": 512,
        "height": 768,
    }
    assert (leo.filename, leo.params) == (None, {})


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("seed", "-1"),
        ("seed", str(SEED_MAX + 1)),
        ("seed", "²"),
        ("seed", "9" * 5000),
        ("width", "63"),
        ("height", "9999"),
        ("loras", "ink:9"),
        ("loras", "ink:."),
        ("filename", "../../etc/passwd"),
        ("filename", "a/b"),
        ("filename", "C:\\x"),
        ("filename", "{seed}"),
        ("filename", ".hidden"),
    ],
)
def test_a_wrong_cell_is_an_error_with_its_row_and_column(column: str, cell: str) -> None:
    csv = f'name,{column}\nAries,\nLeo,"{cell}"\n'
    assert faults(csv, prompt_template="{name}") == [(3, column)]


def test_a_column_that_the_table_lacks_is_named_with_the_nearest() -> None:
    preview = filled("value,suit\nking,hearts\n", prompt_template="{value} of {suits}")
    [fault] = errors(preview.faults)
    assert (fault.row, fault.column) == (1, "suits")
    assert fault.fix == "Did you mean 'suit'?"


def test_two_rows_of_one_name_are_an_error_at_the_second() -> None:
    assert faults("name\nLeo\nAries\nleo\n") == [(4, None)]


def test_a_template_without_a_column_is_a_warning() -> None:
    preview = filled("name\nLeo\n", prompt_template="a lion")
    assert [fault.level for fault in preview.faults] == ["warning"]


def test_a_prompt_that_is_too_long_is_an_error_before_anything_runs() -> None:
    half = "x" * (PROMPT_MAX // 2 + 1)
    assert faults(f"name,a,b\nLeo,{half},{half}\n", prompt_template="{a} {b}") == [(2, None)]


def test_a_set_of_images_names_an_image_in_every_row() -> None:
    image = {"mode": "img2img", "prompt_template": "{name}"}
    assert faults("name\nLeo\n", **image) == [(1, "image")]
    assert faults("name,image\nLeo,01ABC\nAries,\n", **image) == [(3, "image")]


def test_the_texts_of_an_overlay_are_filled_from_the_row() -> None:
    overlay = {"layout": "poker", "value": "{value}", "card_title": "The {value} of {suit}"}
    fields = {"name": "A", "csv_path": "a.csv", "overlay": overlay}
    definition = SetDefinition.model_validate(fields)
    [row] = fill_set(definition, read_table(b"value,suit\nking,hearts\n")).rows
    params = overlay_params(definition, row)
    assert params is not None
    assert (params["value"], params["card_title"]) == ("king", "The king of hearts")
    assert faults("value\nking\n", overlay={"suit": "{suit}"}) == [(1, "suit")]


@given(st.integers(0, SEED_MAX), st.lists(WORD, min_size=2, max_size=30, unique=True))
def test_the_seed_of_a_row_depends_on_set_and_key_only(seed: int, keys: list[str]) -> None:
    seeds = {key: row_seed(seed, key) for key in keys}
    assert seeds == {key: row_seed(seed, key) for key in reversed(keys)}
    assert all(0 <= value <= SEED_MAX for value in seeds.values())
    assert len(set(seeds.values())) == len(keys)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Queen of Hearts", "queen-of-hearts"),
        ("Zoë’s 2nd!", "zoe-s-2nd"),
        ("王", "王"),
        ("../", ""),
    ],
)
def test_a_name_is_plain_letters_and_hyphens(text: str, expected: str) -> None:
    assert slug(text) == expected
