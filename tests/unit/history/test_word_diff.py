"""Texts side by side, word by word."""

from hypothesis import given
from hypothesis import strategies as st

from core.history.word_diff import WORDS_MAX, Segment, word_diff


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_segments_hold_both_texts(first: str, second: str) -> None:
    segments = word_diff(first, second)
    assert "".join(s.text for s in segments if s.change != "added") == first
    assert "".join(s.text for s in segments if s.change != "removed") == second
    assert all(segment.text for segment in segments)


def test_a_changed_word_is_the_only_difference() -> None:
    assert word_diff("a red house, night", "a blue house, night") == [
        Segment("equal", "a "),
        Segment("removed", "red"),
        Segment("added", "blue"),
        Segment("equal", " house, night"),
    ]


def test_texts_too_long_to_compare_differ_as_a_whole() -> None:
    first, second = "a " * WORDS_MAX, "b " * WORDS_MAX
    assert word_diff(first, second) == [Segment("removed", first), Segment("added", second)]
