"""The arithmetic of the benchmarks."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measure import Figure, Measure, differences, percentile, ratio, slope

SAMPLES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


def test_a_percentile_lies_between_neighbours() -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.0) == 1.0
    assert percentile([4.0, 1.0, 3.0, 2.0], 1.0) == 4.0
    assert percentile([0.0, 10.0], 0.95) == pytest.approx(9.5)
    assert percentile([7.0], 0.95) == 7.0


@given(SAMPLES)
def test_the_50th_percentile_is_the_median(samples: list[float]) -> None:
    assert percentile(samples, 0.5) == pytest.approx(median(samples), abs=1e-6)


@given(SAMPLES, st.floats(0, 1))
def test_a_percentile_is_never_outside_its_samples(samples: list[float], share: float) -> None:
    assert min(samples) - 1e-6 <= percentile(samples, share) <= max(samples) + 1e-6


@pytest.mark.parametrize(("samples", "share"), [([], 0.5), ([1.0], 1.1), ([1.0], -0.1)])
def test_a_percentile_of_nothing_is_refused(samples: list[float], share: float) -> None:
    with pytest.raises(ValueError):
        percentile(samples, share)


def test_a_ratio_compares_medians() -> None:
    assert ratio([3.0, 100.0, 2.0], [1.0, 2.0, 50.0]) == 1.5


def test_differences_are_taken_pair_by_pair() -> None:
    assert differences([5.0, 7.0], [1.0, 10.0]) == [4.0, -3.0]
    with pytest.raises(ValueError):
        differences([1.0], [])


@given(st.floats(-10, 10), st.floats(-100, 100))
def test_the_slope_of_a_line_is_its_slope(rise: float, start: float) -> None:
    xs = [0.0, 50.0, 100.0, 150.0]
    assert slope(xs, [start + rise * x for x in xs]) == pytest.approx(rise, abs=1e-9)


def test_a_slope_needs_two_points() -> None:
    with pytest.raises(ValueError):
        slope([1.0, 1.0], [2.0, 3.0])


@pytest.mark.parametrize(
    ("measure", "verdict"),
    [
        (Measure("a", 1.0, "ms", 1.0), "pass"),
        (Measure("a", 1.1, "ms", 1.0), "miss"),
        (Measure("a", 0.0, "", 0.0), "pass"),
        (Measure("a", 133.0, "/s", 133.0, "higher"), "pass"),
        (Measure("a", 132.0, "/s", 133.0, "higher"), "miss"),
        (Measure("a", 5.0), ""),
    ],
)
def test_a_verdict_follows_the_goal(measure: Measure, verdict: str) -> None:
    assert measure.verdict == verdict


def test_a_record_says_value_goal_and_verdict() -> None:
    record = Figure("x", [Measure("a", 3.0, "ms", 1.5)], {"samples": [3.0]}).record()
    assert record["measures"][0]["of_goal"] == 2.0
    assert record["measures"][0]["verdict"] == "miss"
    assert record["detail"] == {"samples": [3.0]}
