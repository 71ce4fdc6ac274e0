"""The table of results."""

import pytest

from benchmarks.measure import Figure, Measure
from benchmarks.table import number, table


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (3.0, "3"), (0.12345, "0.123"), (12.345, "12.3"), (1234.5, "1234")],
)
def test_numbers_show_three_digits_that_matter(value: float, text: str) -> None:
    assert number(value) == text


def test_a_row_says_what_was_measured_and_whether_the_goal_is_kept() -> None:
    kept = Measure("start", 0.5, "s", 0.7)
    missed = Measure("jobs a second", 100.0, "/s", 133.0, "higher")
    lines = table([Figure("figure", [kept, missed, Measure("context", 7.0)])]).splitlines()
    assert lines[1] == "figure"
    assert lines[2].split() == ["start", "0.5", "s", "≤", "0.7", "s", "0.71", "pass"]
    assert lines[3].split()[-7:] == ["100", "/s", "≥", "133", "/s", "0.75", "miss"]
    assert lines[4].split() == ["context", "7"]


def test_columns_line_up() -> None:
    figures = [Figure("a", [Measure("one", 1.0, "ms", 2.0), Measure("another", 10.5, "ms", 20.0)])]
    lines = table(figures).splitlines()
    assert {line.index("pass") for line in lines[2:]} == {lines[2].index("pass")}
