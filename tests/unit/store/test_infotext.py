"""Infotexts are read back as they were written."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.store.infotext import read_infotext, write_infotext

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
prompt = st.one_of(text, st.text('a,:"\n\\ é漢🦊(){}1.5', max_size=60)).filter(
    lambda value: "Negative prompt:" not in value
)
key = st.from_regex(r"\A[A-Z][a-z]{2,8}( [a-z]{2,8})?\Z")


def tidy(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


@given(prompt, prompt, st.dictionaries(key, text, min_size=3, max_size=8))
def test_an_infotext_is_read_back_as_it_was_written(
    prompt: str, negative: str, settings: dict[str, str]
) -> None:
    infotext = read_infotext(write_infotext(prompt, negative, settings))
    assert infotext.prompt == tidy(prompt)
    assert infotext.negative_prompt == tidy(negative)
    assert infotext.settings == settings


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    infotext = read_infotext(text)
    assert infotext.prompt or infotext.settings or infotext.negative_prompt or not text.strip()


def test_a_text_of_another_tool_is_understood() -> None:
    infotext = read_infotext(
        "a cat, (masterpiece:1.2)\nsecond line\nNegative prompt: dog,\nblurry\n"
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 42, "
        'Size: 512x768, Model: sd15, Lora hashes: "detail: 1a2b, other: 3c", Version: v1.10.1'
    )
    assert infotext.prompt == "a cat, (masterpiece:1.2)\nsecond line"
    assert infotext.negative_prompt == "dog,\nblurry"
    assert infotext.settings["Sampler"] == "DPM++ 2M"
    assert infotext.settings["Lora hashes"] == "detail: 1a2b, other: 3c"
    assert infotext.settings["Size"] == "512x768"


def test_a_prompt_with_few_pairs_stays_a_prompt() -> None:
    assert read_infotext("style: oil, mood: calm").prompt == "style: oil, mood: calm"


@pytest.mark.usefixtures("no_collection")
def test_hostile_texts_take_linear_time() -> None:
    """Ten times the text may take ten times as long, not a hundred; measured with much slack."""
    for bad in (
        "a" * 100_000,
        " " * 100_000 + ":",
        'aa:"' * 30_000,
        "aa: " * 30_000,
        "a " * 60_000,
    ):
        before = time.thread_time()
        read_infotext("x\n" + bad)
        assert time.thread_time() - before < 20
