"""Sets of positions as the bits of an integer: intersected and counted at memory speed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

Bits = int
_DENSE = 32
_SET = ord("1")


def bits_of(positions: Collection[int], size: int) -> Bits:
    """The set of positions from 0 to `size` - 1."""
    if len(positions) * _DENSE < size:
        return _bits_of_few(positions, size)
    digits = _digits(size)
    for position in positions:
        digits[position] = _SET
    return _of_digits(digits)


def bits_at(indices: Collection[int], positions: Sequence[int], size: int) -> Bits:
    """The set of `positions[index]` for each index, from 0 to `size` - 1; -1 stands for none."""
    if len(indices) * _DENSE < size:
        few = [positions[index] for index in indices]
        return _bits_of_few([position for position in few if position >= 0], size)
    digits = _digits(size)  # the last digit takes -1
    for index in indices:
        digits[positions[index]] = _SET
    return _of_digits(digits)


def _digits(size: int) -> bytearray:
    """A digit for each position, and one more: parsed as a number in half the time of bits."""
    return bytearray(b"0") * (size + 1)


def _of_digits(digits: bytearray) -> Bits:
    digits.reverse()
    return int(digits[1:] or b"0", 2)


def _bits_of_few(positions: Collection[int], size: int) -> Bits:
    data = bytearray(size // 8 + 1)
    for position in positions:
        data[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(data, "little")


def all_below(size: int) -> Bits:
    """The set of all positions from 0 to `size` - 1."""
    return (1 << size) - 1


def between(low: int, high: int) -> Bits:
    """The set of positions from `low` to `high` - 1."""
    return all_below(high) & ~all_below(low) if high > low else 0


def descending(bits: Bits) -> Iterator[int]:
    """Iterate over the positions, the highest first."""
    while bits:
        position = bits.bit_length() - 1
        yield position
        bits ^= 1 << position


def ascending(bits: Bits) -> Iterator[int]:
    """Iterate over the positions, the lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def without_highest(bits: Bits, count: int) -> Bits:
    """The set without its `count` highest positions."""
    return bits & all_below(_lowest_of(bits, count)) if count > 0 else bits


def without_lowest(bits: Bits, count: int) -> Bits:
    """The set without its `count` lowest positions."""
    return bits & ~all_below(_lowest_of(bits, bits.bit_count() - count)) if count > 0 else bits


def _lowest_of(bits: Bits, count: int) -> int:
    """The lowest position `p` so that at most `count` positions are `p` or higher.

    Halves the integer at each step, so that it reads about twice its length.
    """
    base, length = 0, bits.bit_length()
    while length > 1:
        half = length // 2
        upper = bits >> half
        inside = upper.bit_count()
        if inside > count:
            bits, base, length = upper, base + half, length - half
        else:
            count -= inside
            bits, length = bits & all_below(half), half
    return base if bits.bit_count() <= count else base + 1
