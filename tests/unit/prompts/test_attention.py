"""Attention weights: what is written from its parts is parsed into them again."""

import time
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.prompts.attention import (
    WEIGHT_MAX,
    PromptText,
    WeightedText,
    interpret_weights,
    parse_weights,
    plain_text,
    stated_weight,
)

TEXTS = st.text("ab ,.:12-()[]\\é\n", min_size=1, max_size=12)
NUMBERS = st.integers(-1_000_000, 1_000_000).map(lambda number: number / 100_000)
PARTS = st.lists(st.builds(WeightedText, TEXTS, NUMBERS), max_size=6)


def escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "()[]\\" else letter for letter in text)


def written(parts: list[WeightedText]) -> str:
    return "".join(
        escaped(part.text) if part.weight == 1 else f"({escaped(part.text)}:{part.weight:.5f})"
        for part in parts
    )


def joined(parts: list[WeightedText]) -> tuple[WeightedText, ...]:
    groups = groupby(parts, key=lambda part: part.weight)
    return tuple(
        WeightedText("".join(part.text for part in group), weight) for weight, group in groups
    )


@given(PARTS)
def test_parts_come_back_from_the_text_that_is_written_of_them(parts: list[WeightedText]) -> None:
    assert parse_weights(written(parts)) == joined(parts)


@given(st.text() | st.text("ab:1.2 ()[]\\", max_size=60))
def test_any_text_has_parts_with_limited_weights_and_none_of_its_words_is_lost(text: str) -> None:
    parts = parse_weights(text)
    assert all(part.text and abs(part.weight) <= WEIGHT_MAX for part in parts)
    assert all(first.weight != second.weight for first, second in pairwise(parts))
    letters = [letter for letter in text if letter.isalpha()]
    assert [letter for part in parts for letter in part.text if letter.isalpha()] == letters
    stated_weight(text)


@given(st.text().filter(lambda text: not set(text) & set("()[]\\")))
def test_a_text_without_brackets_stays_as_it_is(text: str) -> None:
    assert interpret_weights(text) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a (cat:1.2) here", [("a ", 1.0), ("cat", 1.2), (" here", 1.0)]),
        ("(cat)", [("cat", 1.1)]),
        ("[cat]", [("cat", 1 / 1.1)]),
        ("((cat))", [("cat", 1.1 * 1.1)]),
        ("(a (cat:2) b:1.5)", [("a ", 1.5), ("cat", 3.0), (" b", 1.5)]),
        ("(cat: .5 )", [("cat", 0.5)]),
        ("(cat:-1)", [("cat", -1.0)]),
        ("(cat:0)", [("cat", 0.0)]),
        ("(a:b:1.2)", [("a:b", 1.2)]),
        ("(cat:1.2", [("(cat:1.2", 1.0)]),
        ("cat:1.2)", [("cat:1.2)", 1.0)]),
        ("[cat:1.2]", [("cat:1.2", 1 / 1.1)]),
        ("(cat]", [("(cat]", 1.0)]),
        (r"\(cat\) \[dog\] \\", [(r"(cat) [dog] " + "\\", 1.0)]),
        (r"(\(:1.2)", [("(", 1.2)]),
        (r"a \{b\} \n", [(r"a \{b\} \n", 1.0)]),
        ("((((cat:9):9):9):9)", [("cat", WEIGHT_MAX)]),
        ("(:1.2)()", []),
    ],
)
def test_the_syntax_of_other_tools_is_read(text: str, parts: list[tuple[str, float]]) -> None:
    assert [(part.text, pytest.approx(part.weight)) for part in parse_weights(text)] == parts


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        (r"a \(small\) house", "a (small) house"),
        ("a (house:1)", "a house"),
        ("a (house:2)", (WeightedText("a "), WeightedText("house", 2.0))),
        ("", ""),
    ],
)
def test_a_prompt_of_one_weight_is_a_text(text: str, prompt: PromptText) -> None:
    assert interpret_weights(text) == prompt
    assert plain_text(prompt) in ("a (small) house", "a house", "")


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("a (red cat:1.2) (dog:2)", "(red cat:1.2)"),
        ("((cat:1.2) b)", "(cat:1.2)"),
        ("((cat) dog:1.2)", "((cat) dog:1.2)"),
        ("a house (old) [small]", None),
        ("10:30) (at noon", None),
        (r"\(cat:1.2\)", None),
    ],
)
def test_the_first_group_with_a_number_is_named(text: str, group: str | None) -> None:
    assert stated_weight(text) == group


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("pattern", ["(", "[(", "(a:1.2)", ":1", "\\", ": ", "(a [", "():1.2)"])
def test_a_long_text_is_read_in_linear_time(pattern: str) -> None:
    text = pattern * (50_000 // len(pattern)) + ")" * 50_000
    start = time.thread_time()
    parse_weights(text)
    stated_weight(text)
    assert time.thread_time() - start < 10  # about 0.3; with squared time, minutes
