"""The record that training writes for the studio."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.library.record import read_record
from core.prompts.known_words import KnownWords
from core.settings import ROOT
from tests.unit.nano import tiny
from tools.nano import record
from tools.nano.corpus import corpus
from tools.nano.vocabulary import other_words, vocabulary

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=60),
    lambda inner: (
        st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=9), inner, max_size=9)
    ),
    max_leaves=40,
)


@given(st.dictionaries(st.text(max_size=9), json_values, max_size=9))
def test_any_record_reads_back_as_it_was(table: dict[str, object]) -> None:
    assert json.loads(record.as_text(table)) == table


def test_short_values_share_a_line_and_long_ones_have_one_for_each_member() -> None:
    table = {"label": "Nano", "words": ["house"] * 40, "factors": [[1.5, 2.5, 3.5]] * 20}
    lines = record.as_text(table).splitlines()
    assert lines[1] == '  "label": "Nano",'
    assert lines.count('    "house",') == 39
    assert lines.count("      [1.5, 2.5, 3.5],") == 0
    assert lines.count("    [1.5, 2.5, 3.5],") == 19


def test_what_people_wrote_stays_and_what_follows_from_training_is_new(tmp_path: Path) -> None:
    tiny.new_vae().save_pretrained(tmp_path / "vae")
    (tmp_path / "qpyt.json").write_text(
        '{"label": "Mine", "sizes": [[64, 64]], "examples": ["a"]}', encoding="utf-8"
    )
    record.update(tmp_path, (tiny.GRID, tiny.WIDE))
    updated = read_record(tmp_path)
    assert (updated.label, updated.examples) == ("Mine", ("a",))
    assert updated.sizes == ((32, 32), (64, 32))
    assert updated.vocabulary == vocabulary()
    assert updated.words == other_words()
    assert updated.preview is not None
    assert len(updated.preview.factors) == 4


@pytest.mark.parametrize("group", vocabulary())
def test_words_of_the_vocabulary_stand_in_a_prompt_as_they_are(group: str) -> None:
    assert all(word == word.strip(" ,") and "{" not in word for word in vocabulary()[group])


def test_every_word_of_a_caption_is_in_the_record_that_ships() -> None:
    shipped = read_record(ROOT / "models" / "nano")
    phrases = [phrase for group in shipped.vocabulary.values() for phrase in group]
    known = KnownWords([*phrases, *shipped.words])
    captions = corpus(random.Random(11), 2_000)
    assert {word.word for text in captions for word in known.check(text, lambda name: ())} == set()
    assert {"cats", "an", "photo"} <= {*shipped.words, *(" ".join(phrases).split())}
