"""Words for prompts: shipped ones, and those that a user adds and removes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import Conflict, InvalidInput, NotFound, StorageUnavailable, StudioError
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


def test_a_shipped_word_is_not_stored_again_and_stays_when_it_is_removed(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    for category in vocabulary.categories():
        vocabulary.add(category.id, category.words[0])
        with pytest.raises(NotFound):
            vocabulary.remove(category.id, category.words[0])
    assert not (tmp_path / "data").exists()


def test_the_number_of_own_words_is_limited_over_all_categories(
    vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.prompts.vocabulary.OWN_MAX", 2)
    vocabulary.add("mood", "one")
    vocabulary.add("style", "two")
    with pytest.raises(Conflict) as caught:
        vocabulary.add("mood", "three")
    assert caught.value.fix == "Remove one first."
    vocabulary.add("mood", "one")
    vocabulary.remove("style", "two")
    vocabulary.add("mood", "three")
    assert own(vocabulary, "mood") == ("one", "three")


def test_words_of_many_threads_are_all_stored(vocabulary: Vocabulary) -> None:
    names = [f"word {number}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: vocabulary.add("mood", name), names))
    assert sorted(own(vocabulary, "mood")) == sorted(names)


def test_words_of_a_category_that_no_longer_ships_are_kept(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    file = tmp_path / "data" / "words.json"
    file.parent.mkdir()
    file.write_text('{"former": ["old"], "mood": ["glad"]}', encoding="utf-8")
    vocabulary.add("mood", "new")
    assert json.loads(file.read_bytes()) == {"former": ["old"], "mood": ["glad", "new"]}
    assert "former" not in {category.id for category in vocabulary.categories()}


def test_a_word_that_cannot_be_stored_is_an_error_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the place of the folder", encoding="utf-8")
    vocabulary = Vocabulary(ROOT / "presets", tmp_path / "data" / "words.json")
    with pytest.raises(StorageUnavailable):
        vocabulary.add("mood", "new")


@pytest.mark.parametrize(
    "content", [None, b"{", b"", b"categories: 3", b"categories: [1]", b"\xff"]
)
def test_shipped_words_that_cannot_be_read_are_named_by_their_file(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "vocabulary.yaml").write_bytes(content)
    with pytest.raises(StudioError, match=r"vocabulary\.yaml cannot be read"):
        Vocabulary(tmp_path, tmp_path / "words.json").categories()


@pytest.mark.parametrize(
    ("category", "word"),
    [
        ("nothing", "x"),
        ("mood", "  "),
        ("mood", "x" * 201),
        ("mood", "a\0b"),
        ("mood", "a\u202eb"),
        ("mood", "\ud800"),
        ("", "x"),
        ("Mood", "x"),
    ],
)
def test_an_invalid_word_is_refused(vocabulary: Vocabulary, category: str, word: str) -> None:
    with pytest.raises(InvalidInput):
        vocabulary.add(category, word)


@pytest.mark.parametrize(
    "text",
    ["{", "[1]", "3", "", '{"mood": 3}', '{"mood": "calm"}', '{"mood": {"calm": 1}}',
     '{"mood": ["calm", null]}', '{"mood": ["calm", 1]}', "[" * 100_000],
    ids=lambda text: text[:24] or "empty",
)  # fmt: skip
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
