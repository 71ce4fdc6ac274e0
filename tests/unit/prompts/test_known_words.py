"""Words of a prompt that a model with a small vocabulary was not trained on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.prompts.known_words import NEAREST_MAX, KnownWords, UnknownWord, words_in

LISTS = {
    "colour": ("red", "3::blue"),
    "animal": ("cat", "giraffe"),
    "scene": ("__colour__ house", "__animal__"),
    "loop": ("__loop__", "red"),
}


def lines(name: str) -> Sequence[str]:
    if name not in LISTS:
        raise InvalidInput(f"There is no list {name}.")
    return LISTS[name]


@pytest.fixture
def known() -> KnownWords:
    return KnownWords(
        ["a red house at night", "polka dot", "T-shirt", "blue", "cat", "pastel", "castle"]
    )


def words(unknown: Sequence[UnknownWord]) -> list[str]:
    return [word.word for word in unknown]


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "A RED house, at night.",
        "a red t-shirt",
        "a polka-dot house",
        "a (red:1.2) house",
        "{a red|3::a blue} house",
        "{2$$red|blue}",
        "<lora:mine:0.8> a red house",
        'a house "Chez Léa"',
        "a __colour__ house",
        "__loop__",
    ],
)
def test_words_and_the_syntax_of_prompts_are_known(known: KnownWords, prompt: str) -> None:
    assert known.check(prompt, lines) == []
    assert known.covers(prompt, lines)


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("a giraffe at night, a giraffe", ["giraffe"]),
        ("Zebra and Giraffe", ["zebra", "and", "giraffe"]),
        ("{a red house|{a yurt|a cat}}", ["yurt"]),
        ("a (yurt:1.2)", ["yurt"]),
        ("a red-brown house", ["red-brown"]),
        ("an __animal__", ["an", "__animal__"]),
        ("a __scene__", ["__scene__"]),
        ("a __nothing__", ["__nothing__"]),
        ("une maison l'été", ["une", "maison", "l'été"]),
    ],
)
def test_unknown_words_are_listed_once_in_their_order(
    known: KnownWords, prompt: str, unknown: list[str]
) -> None:
    assert words(known.check(prompt, lines)) == unknown
    assert not known.covers(prompt, lines)


def test_the_nearest_known_word_is_offered_where_one_is_near(known: KnownWords) -> None:
    assert known.check("a castel, a huose, a giraffe", lines) == [
        UnknownWord("castel", "castle"),
        UnknownWord("huose", "house"),
        UnknownWord("giraffe", None),
    ]


def test_all_words_of_a_long_text_are_listed(known: KnownWords) -> None:
    prompt = " ".join(f"castle{index}" for index in range(NEAREST_MAX + 20))
    unknown = known.check(prompt, lines)
    assert len(unknown) == NEAREST_MAX + 20
    assert unknown[0].nearest == "castle"


SYNTAX = st.lists(
    st.sampled_from(
        ["red", "cat", "yurt", "Zebra", "été", "l'air", "T-shirt", "(", ")", ":1.2", "{", "|", "}",
         "2$$", "3::", "__colour__", "__animal__", "__loop__", "__none__", "__", "<lora:a:1>", "<",
         '"', "\\", ",", " ", "\n", "-", "7"]
    )
).map("".join)  # fmt: skip
PROMPTS = st.one_of(SYNTAX, st.text(max_size=60))
KNOWN = KnownWords(["a red house at night", "cat", "T-shirt", "blue"])


@given(PROMPTS)
def test_of_any_text_each_unknown_word_is_listed_once_and_stands_in_it(prompt: str) -> None:
    unknown = words(KNOWN.check(prompt, lines))
    assert len(set(unknown)) == len(unknown)
    assert all(word in prompt.lower() or word in prompt for word in unknown)
    assert not {"red", "cat", "t-shirt", "blue"} & set(unknown)


@given(PROMPTS)
def test_a_prompt_is_covered_exactly_where_no_word_of_it_is_unknown(prompt: str) -> None:
    assert KNOWN.covers(prompt, lines) == (KNOWN.check(prompt, lines) == [])


@given(PROMPTS)
def test_the_words_of_a_text_make_it_known(prompt: str) -> None:
    unknown = words(KNOWN.check(prompt, lines))
    learnt = KnownWords(["a red house at night", "cat", "T-shirt", "blue", *unknown])
    assert not [word for word in words(learnt.check(prompt, lines)) if not word.startswith("__")]


@given(PROMPTS)
def test_a_replacement_is_a_known_word(prompt: str) -> None:
    for word in KNOWN.check(prompt, lines):
        assert word.nearest is None or KNOWN.covers(word.nearest, lines)


@given(st.text(max_size=60))
def test_words_are_the_same_in_any_case(text: str) -> None:
    assert words_in(text.lower()) == words_in(text)
