"""Sets of positions as integers equal sets of Python."""

from hypothesis import given
from hypothesis import strategies as st

from core.gallery.bits import (
    ascending,
    between,
    bits_at,
    bits_of,
    descending,
    without_highest,
    without_lowest,
)

POSITIONS = st.sets(st.integers(0, 70))


@given(POSITIONS)
def test_a_set_comes_back_in_both_orders(positions: set[int]) -> None:
    bits = bits_of(positions, 71)
    assert list(ascending(bits)) == sorted(positions)
    assert list(descending(bits)) == sorted(positions, reverse=True)


@given(POSITIONS, st.sampled_from((71, 71 * 64)))
def test_a_position_below_zero_is_none(positions: set[int], size: int) -> None:
    places = [-1, *range(size)]
    indices = [0, *(position + 1 for position in positions), 0]
    assert bits_at(indices, places, size) == bits_of(positions, size)


@given(POSITIONS, st.integers(0, 80))
def test_the_first_positions_are_left_out_from_either_end(positions: set[int], n: int) -> None:
    bits = bits_of(positions, 71)
    assert list(descending(without_highest(bits, n))) == sorted(positions, reverse=True)[n:]
    assert list(ascending(without_lowest(bits, n))) == sorted(positions)[n:]


@given(POSITIONS, st.integers(0, 70), st.integers(0, 70))
def test_a_range_is_an_intersection(positions: set[int], low: int, high: int) -> None:
    chosen = bits_of(positions, 71) & between(low, high)
    assert list(ascending(chosen)) == [n for n in sorted(positions) if low <= n < high]
