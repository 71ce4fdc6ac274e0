"""Dynamic prompts: any text is a prompt, and a seed decides its expansion."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.prompts import dynamic
from core.prompts.dynamic import NESTED_MAX, expand, parse

SEEDS = st.integers(0, 2**32 - 1)
LISTS = {"animal": ["cat", "2::{small|large} dog"], "loop": ["__loop__ again"], "empty/one": [""]}
PLAIN = st.text(st.characters(exclude_characters="{}|_\\"), max_size=80)
WORDS = st.text("abc ,().:1", min_size=1, max_size=8).filter(lambda text: "::" not in text)


def lines(name: str) -> Sequence[str]:
    if name not in LISTS:
        raise InvalidInput(f"no list {name}")
    return LISTS[name]


@given(st.text(max_size=200), SEEDS)
def test_any_text_is_a_prompt_and_the_same_seed_gives_the_same_again(text: str, seed: int) -> None:
    try:
        first = expand(text, seed, lines)
    except InvalidInput:  # it names a list that is not there
        return
    assert first == expand(text, seed, lines)


@given(PLAIN, SEEDS)
def test_text_without_syntax_is_unchanged(text: str, seed: int) -> None:
    assert expand(text, seed, lines) == text


@given(st.lists(WORDS, min_size=2, max_size=6), WORDS, SEEDS)
def test_a_choice_takes_one_of_its_options_and_keeps_what_is_around_it(
    options: list[str], around: str, seed: int
) -> None:
    expansions = expand(f"{around}{{{'|'.join(options)}}}{around}", seed, lines)
    assert expansions in {f"{around}{option}{around}" for option in options}


@given(st.lists(st.sampled_from("abcdefgh"), min_size=3, max_size=6, unique=True), SEEDS)
def test_several_at_once_are_different_ones(options: list[str], seed: int) -> None:
    taken = expand(f"{{2$${'|'.join(options)}}}", seed, lines).split(", ")
    assert len(set(taken)) == 2
    assert set(taken) <= set(options)
    some = expand(f"{{1-3$$ and $${'|'.join(options)}}}", seed, lines).split(" and ")
    assert 1 <= len(some) == len(set(some)) <= 3


@given(st.text("{}|\\_ab$:1", max_size=60))
def test_a_backslash_escapes_all_syntax(text: str) -> None:
    plain = text.replace("\\", "")
    hidden = plain.replace("__", "\\__")
    for syntax in "{}|":
        hidden = hidden.replace(syntax, f"\\{syntax}")
    assert expand(hidden, 1, lines) == plain
    assert all(isinstance(part, str) for part in parse(hidden))


@pytest.mark.parametrize(
    "text",
    [
        "a {cat} b",
        "{prompt}",
        "a | b",
        "{a|b",
        "a}",
        "(word:1.2)",
        "{{x}}",
        "snake_case",
        "}{",
        "_",
    ],
)
def test_incomplete_syntax_is_text(text: str) -> None:
    assert {expand(text, seed, lines) for seed in range(4)} == {text}


def test_options_nest_and_may_be_empty() -> None:
    expansions = {expand("a {{red|blue} |}house", seed, lines) for seed in range(60)}
    assert expansions == {"a red house", "a blue house", "a house"}


def test_weights_count() -> None:
    counts = Counter(expand("{3::a|b|0::c}", seed, lines) for seed in range(2000))
    assert counts["c"] == 0
    assert 2.2 < counts["a"] / counts["b"] < 4


def test_weights_count_among_several_at_once_too() -> None:
    firsts = Counter(expand("{2$$,$$3::a|b|0::c}", seed, lines)[0] for seed in range(2000))
    assert set(firsts) == {"a", "b"}
    assert 2.2 < firsts["a"] / firsts["b"] < 4
    assert {*expand("{3$$,$$3::a|b|0::c}", 1, lines).split(",")} == {"a", "b", "c"}


LONG_LIST = tuple(f"{index % 7}::entry {index}" for index in range(20_000))
COSTLY = {
    "many at once": "{999$$" + "|".join("abcde" * 1_900) + "}",
    "a choice of many": "{" + "|" * 19_000 + "}",
    "a long list, often": "__long__ " * 1_000,
    "braces around lists": "{" * 5_000 + "__long__ " * 500 + "}" * 5_000,
}


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY.keys())
def test_expansion_takes_time_in_proportion_to_the_text(text: str) -> None:
    start = time.thread_time()
    for seed in range(16):
        expand(text, seed, lambda _: LONG_LIST)
    assert time.thread_time() - start < 6  # about 0.3; in proportion to its square, 12


def test_expansion_ends_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamic, "SECONDS_MAX", 0)
    with pytest.raises(InvalidInput, match="more than 0 seconds"):
        expand("{a|b}" * 500, 1, lines)


def test_lists_are_read_with_their_own_choices() -> None:
    expansions = {expand("a __animal__", seed, lines) for seed in range(60)}
    assert expansions == {"a cat", "a small dog", "a large dog"}


def test_a_list_that_is_not_there_or_names_itself_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no list"):
        expand("__nothing__", 1, lines)
    with pytest.raises(InvalidInput, match="without end"):
        expand("__loop__", 1, lines)


def test_unbounded_growth_is_refused() -> None:
    doubling = {f"l{index}": [f"__l{index + 1}__ __l{index + 1}__"] for index in range(15)}
    with pytest.raises(InvalidInput, match="choices"):
        expand("__l0__", 1, lambda name: doubling.get(name, ["x"]))
    with pytest.raises(InvalidInput, match="characters"):
        expand("{1$$a}" + "x" * 30_000, 1, lines)
    deep = "{1$$" * (NESTED_MAX + 2) + "}" * (NESTED_MAX + 2)
    with pytest.raises(InvalidInput, match="deeper"):
        parse(deep)
    assert parse("{" * 20_000) == ("{" * 20_000,)


def test_thousands_of_braces_that_are_text_stay_text_around_a_choice() -> None:
    before, choice, after = parse("{" * 9_000 + "{a|b}" + "}" * 9_000)
    assert (before, after) == ("{" * 9_000, "}" * 9_000)
    assert choice == parse("{a|b}")[0]
