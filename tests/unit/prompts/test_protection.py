"""The syntax of prompts stays verbatim and in its place when words are translated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.prompts.language import detect
from core.prompts.protection import match_style, restore_tags, rewrite_segments, segments, tags_in

VERBATIM = st.sampled_from(
    [
        "<lora:vieux style:0.8>",
        "__animal__",
        "__deep/one__",
        '"Jean Dupont"',
        "« Le Chat Noir »",
        "“Marie”",
        "{prompt}",
        "\\(",
        ":1.25)",
        "{2$$",
        "{3::",
        "|",
        "BREAK",
        "\n",
    ]
)
WORDS = st.sampled_from(["un chat noir", "la maison", "très, très loin", "  ", ", ", "œuvre", "7"])
PROMPTS = st.lists(VERBATIM | WORDS, max_size=10).map(" ".join)


@given(st.text(max_size=400) | PROMPTS)
def test_the_joined_segments_are_the_prompt_again(text: str) -> None:
    assert "".join(segment.text for segment in segments(text)) == text
    assert rewrite_segments(text, list) == text


@given(PROMPTS, st.text("xyz AB.,", max_size=12))
def test_no_answer_of_a_translator_loses_or_moves_syntax(text: str, answer: str) -> None:
    translated = rewrite_segments(text, lambda translatable: [answer] * len(translatable))
    place = 0
    for segment in segments(text):
        if not segment.translatable:
            place = translated.index(segment.text, place) + len(segment.text)


@given(st.lists(VERBATIM, min_size=1, max_size=8))
def test_syntax_alone_is_never_translated(parts: list[str]) -> None:
    def refuse(translatable: object) -> list[str]:
        assert not translatable
        return []

    rewrite_segments(" ".join(parts), refuse)


def test_words_inside_weights_and_choices_are_translated_in_their_places() -> None:
    text = '(un chat:1.2) de {rouge|2::bleu}, <lora:a b:0.5> "Jean" __lieu__, [maison]'
    translatable = [segment.text for segment in segments(text) if segment.translatable]
    assert translatable == ["un chat", "de", "rouge", "bleu", "maison"]
    shouted = rewrite_segments(text, lambda texts: [part.upper() for part in texts])
    assert shouted == '(UN CHAT:1.2) DE {ROUGE|2::BLEU}, <lora:a b:0.5> "Jean" __lieu__, [MAISON]'


def test_long_texts_are_cut_where_a_reader_would() -> None:
    text = "un chat, " * 200
    translatable = [segment.text for segment in segments(text) if segment.translatable]
    assert len(translatable) > 5
    assert all(len(part) <= 300 and part.endswith("chat") for part in translatable)


def test_tags_of_loras_and_lists_are_listed_in_order() -> None:
    assert tags_in("a <lora:x:1> (b:1.2) __animal__ {c|d}") == ["<lora:x:1>", "__animal__"]


@pytest.mark.parametrize(
    ("source", "answer", "expected"),
    [
        ("un chat noir", "A black cat.", "a black cat"),
        ("Un chat.", "A cat.", "A cat."),
        ("chat", "", "chat"),
        ("l'ONU", "UN building", "UN building"),
    ],
)
def test_an_answer_is_written_as_its_source_was(source: str, answer: str, expected: str) -> None:
    assert match_style(source, answer) == expected


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("fr", "un chat noir|chat noir, fond bleu, lumière douce|(château:1.2) en ruine|chien"),
        ("en", "a black cat|(castle:1.2) in the snow, <lora:maison:1>|dog|__maison__|1:1|"),
    ],
)
def test_the_language_is_that_of_the_words(language: str, texts: str) -> None:
    assert {detect(text) for text in texts.split("|")} == {language}


def test_an_answer_becomes_one_line_with_the_tags_that_it_lacks() -> None:
    prompt = "a __animal__ <lora:x:1> <lora:x:1>"
    assert (
        restore_tags(prompt, ' "A fox\n on a hill." ') == "A fox on a hill. __animal__ <lora:x:1>"
    )
    assert restore_tags(prompt, "a __animal__ with <lora:x:1>") == "a __animal__ with <lora:x:1>"
    assert restore_tags(prompt, ' "" ') == prompt
