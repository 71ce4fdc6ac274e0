"""Words for prompts: shipped ones, and those that a user adds and removes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InvalidInput, NotFound, StorageUnavailable
from core.prompts.known_words import KnownWords
from core.prompts.vocabulary import Vocabulary
from core.settings import ROOT


@pytest.fixture
def vocabulary(tmp_path: Path) -> Vocabulary:
    return Vocabulary(ROOT / "presets", tmp_path / "data" / "words.json")


def own(vocabulary: Vocabulary, name: str) -> tuple[str, ...]:
    return next(category.own for category in vocabulary.categories() if category.id == name)


def test_seven_categories_ship_without_doubles(vocabulary: Vocabulary) -> None:
    words_by_id = {category.id: category.words for category in vocabulary.categories()}
    assert list(words_by_id) == [
        "subject",
        "style",
        "rendering",
        "camera",
        "lighting",
        "mood",
        "material",
    ]
    assert all(len(set(words)) == len(words) >= 10 for words in words_by_id.values())


def test_an_added_word_is_stored_once_and_can_be_removed(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    for _ in range(2):
        vocabulary.add("mood", "  très   gai ")
    vocabulary.add("mood", "calm")
    again = Vocabulary(ROOT / "presets", tmp_path / "data" / "words.json")
    assert own(again, "mood") == ("très gai",)
    again.remove("mood", "très gai")
    assert own(vocabulary, "mood") == ()
    with pytest.raises(NotFound):
        vocabulary.remove("mood", "calm")


@pytest.mark.parametrize(
    ("category", "word"), [("nothing", "x"), ("mood", "  "), ("mood", "x" * 201), ("mood", "a\0b")]
)
def test_an_invalid_word_is_refused(vocabulary: Vocabulary, category: str, word: str) -> None:
    with pytest.raises(InvalidInput):
        vocabulary.add(category, word)


@pytest.mark.parametrize("text", ["{", "[1]", '{"mood": 3}'])
def test_a_damaged_file_is_named_and_never_overwritten(
    vocabulary: Vocabulary, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "data" / "words.json"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StorageUnavailable) as caught:
        vocabulary.add("mood", "new")
    assert str(file) in (caught.value.fix or "")
    assert file.read_text(encoding="utf-8") == text


def test_the_words_of_a_model_come_first_and_those_it_cannot_draw_are_marked(
    vocabulary: Vocabulary,
) -> None:
    vocabulary.add("mood", "red")
    vocabulary.add("mood", "drowsy")
    groups = {"colours": ("red", "blue"), "city_walls": ("gate",)}
    known = KnownWords(["red", "blue", "gate", "calm"])
    categories = vocabulary.categories_for(groups, known, lambda name: ())
    first, second, *rest = categories
    assert (first.id, first.label, first.words) == ("model/colours", "Colours", ("red", "blue"))
    assert (second.label, second.of_model) == ("City walls", True)
    assert [category.id for category in rest] == [item.id for item in vocabulary.categories()]
    assert not any(category.of_model for category in rest)
    mood = next(category for category in rest if category.id == "mood")
    assert set(mood.unknown) == {*mood.words, *mood.own} - {"calm", "red"}
