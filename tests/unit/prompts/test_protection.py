"""What a translation must not touch comes back letter by letter, in its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.prompts.language import detect
from core.prompts.protection import completed, in_tone, kept, pieces, rewritten

KEPT = st.sampled_from(
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
SPOKEN = st.sampled_from(["un chat noir", "la maison", "très, très loin", "  ", ", ", "œuvre", "7"])
PROMPTS = st.lists(KEPT | SPOKEN, max_size=10).map(" ".join)


@given(st.text(max_size=400) | PROMPTS)
def test_the_pieces_are_the_prompt_again(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text
    assert rewritten(text, list) == text


@given(PROMPTS, st.text("xyz AB.,", max_size=12))
def test_whatever_a_translator_answers_nothing_kept_is_lost_or_moved(text: str, said: str) -> None:
    found = rewritten(text, lambda spoken: [said] * len(spoken))
    place = 0
    for piece in pieces(text):
        if not piece.spoken:
            place = found.index(piece.text, place) + len(piece.text)


@given(st.lists(KEPT, min_size=1, max_size=8))
def test_signs_alone_are_never_given_away(signs: list[str]) -> None:
    def refuse(spoken: object) -> list[str]:
        assert not spoken
        return []

    rewritten(" ".join(signs), refuse)


def test_words_inside_weights_and_choices_are_translated_in_their_places() -> None:
    text = '(un chat:1.2) de {rouge|2::bleu}, <lora:a b:0.5> "Jean" __lieu__, [maison]'
    spoken = [piece.text for piece in pieces(text) if piece.spoken]
    assert spoken == ["un chat", "de", "rouge", "bleu", "maison"]
    shouted = rewritten(text, lambda texts: [one.upper() for one in texts])
    assert shouted == '(UN CHAT:1.2) DE {ROUGE|2::BLEU}, <lora:a b:0.5> "Jean" __lieu__, [MAISON]'


def test_long_texts_are_cut_where_a_reader_would() -> None:
    text = "un chat, " * 200
    spoken = [piece.text for piece in pieces(text) if piece.spoken]
    assert len(spoken) > 5
    assert all(len(one) <= 300 and one.endswith("chat") for one in spoken)


def test_what_a_prompt_names_is_found_for_writers_that_drop_it() -> None:
    assert kept("a <lora:x:1> (b:1.2) __animal__ {c|d}") == ["<lora:x:1>", "__animal__"]


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
    assert in_tone(source, answer) == expected


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("fr", "un chat noir|chat noir, fond bleu, lumière douce|(château:1.2) en ruine|chien"),
        ("en", "a black cat|(castle:1.2) in the snow, <lora:maison:1>|dog|__maison__|1:1|"),
    ],
)
def test_the_language_is_that_of_the_words(language: str, texts: str) -> None:
    assert {detect(text) for text in texts.split("|")} == {language}


def test_a_writers_answer_is_one_line_with_what_it_forgot() -> None:
    prompt = "a __animal__ <lora:x:1> <lora:x:1>"
    assert completed(prompt, ' "A fox\n on a hill." ') == "A fox on a hill. __animal__ <lora:x:1>"
    assert completed(prompt, "a __animal__ with <lora:x:1>") == "a __animal__ with <lora:x:1>"
    assert completed(prompt, ' "" ') == prompt
