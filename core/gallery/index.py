"""The index of the gallery: for every value of a property, the set of assets that have it.

Positions are those of the sorted ids, the oldest first, and sets are integers (see
`core.gallery.bits`): any combination of filters over 100,000 assets takes microseconds, and so does
a count for each value of a facet. The database stays the truth; `core.gallery.reading` keeps the
index up to date.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.gallery.bits import Bits, all_below, bits_at, bits_of

Key = tuple[str, str]
"""A property and its value."""
_NOWHERE = -1
MOST_CHANGES = 500
DELETED: Key = ("deleted", "true")
FAVOURITE: Key = ("favourite", "true")


@dataclass(frozen=True, slots=True)
class Entry:
    """One asset: its id, its number in the text index (None until it is described), its keys."""

    id: str
    number: int | None
    keys: tuple[Key, ...]


class GalleryIndex:
    """Sets of positions by property. Not safe for threads."""

    def __init__(self) -> None:
        self.generation = 0
        """Grows where positions move, and after `MOST_CHANGES`."""
        self.changed: list[int] = []
        """Numbers in the text index of the assets that this generation added or replaced."""
        self._entries: dict[str, Entry] = {}
        self._ids: list[str] = []
        self._positions: dict[str, int] = {}
        self._places = array("i")
        """By number in the text index: the position of the asset, or `_NOWHERE`."""
        self._sets: dict[str, dict[str, Bits]] = {}

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def everything(self) -> Bits:
        """All positions."""
        return all_below(len(self._ids))

    def update(self, entries: Iterable[Entry]) -> None:
        """Add assets, or replace those with the same id."""
        changed = list(entries)
        if not changed:
            return
        known = [entry for entry in changed if entry.id in self._entries]
        new = sorted(
            {entry.id: entry for entry in changed if entry.id not in self._entries}.values(),
            key=lambda entry: entry.id,
        )
        before = [self._entries[entry.id] for entry in known]
        for entry in changed:
            self._entries[entry.id] = entry
        if new and self._ids and new[0].id < self._ids[-1]:
            self._rebuild()
            return
        for entry in new:
            self._positions[entry.id] = len(self._ids)
            self._ids.append(entry.id)
        self._remove_keys(before)
        self._add([*{entry.id: entry for entry in known}.values(), *new])
        self.changed += [entry.number for entry in changed if entry.number is not None]
        if len(self.changed) > MOST_CHANGES:
            self._begin_generation()

    def remove(self, ids: Iterable[str]) -> None:
        """Forget assets that are gone for good."""
        gone = [self._entries.pop(asset_id) for asset_id in ids if asset_id in self._entries]
        if gone:
            self._rebuild()

    def id_at(self, position: int) -> str:
        """The id at a position."""
        return self._ids[position]

    def place_of(self, asset_id: str) -> int:
        """The position of an id, or the one that it would have."""
        return bisect_left(self._ids, asset_id)

    def having(self, facet: str, value: str) -> Bits:
        """The assets with a value of a property."""
        return self._sets.get(facet, {}).get(value, 0)

    def values(self, facet: str) -> Mapping[str, Bits]:
        """The sets of a property by its values; some may be empty."""
        return self._sets.get(facet, {})

    def numbered(self, numbers: Collection[int]) -> Bits:
        """The assets with these numbers in the text index; others are ignored."""
        places = self._places
        if max(numbers, default=0) >= len(places):
            numbers = [number for number in numbers if number < len(places)]
        return bits_at(numbers, places, len(self._ids))

    def identified(self, ids: Iterable[str]) -> Bits:
        """The assets with these ids."""
        positions = self._positions
        return bits_of([positions[i] for i in ids if i in positions], len(self._ids))

    def _begin_generation(self) -> None:
        self.generation += 1
        self.changed.clear()

    def _rebuild(self) -> None:
        self._begin_generation()
        self._ids = sorted(self._entries)
        self._positions = {asset_id: place for place, asset_id in enumerate(self._ids)}
        self._sets, self._places = {}, array("i")
        self._add(self._entries.values())

    def _add(self, entries: Collection[Entry]) -> None:
        numbers = [entry.number for entry in entries if entry.number is not None]
        if (missing := max(numbers, default=-1) + 1 - len(self._places)) > 0:
            self._places.extend([_NOWHERE] * missing)
        for entry in entries:
            if entry.number is not None:
                self._places[entry.number] = self._positions[entry.id]
        for (facet, value), positions in self._by_key(entries):
            values = self._sets.setdefault(facet, {})
            values[value] = values.get(value, 0) | positions

    def _remove_keys(self, entries: Iterable[Entry]) -> None:
        for (facet, value), positions in self._by_key(entries):
            self._sets[facet][value] &= ~positions

    def _by_key(self, entries: Iterable[Entry]) -> Iterator[tuple[Key, Bits]]:
        grouped: dict[Key, list[int]] = {}
        for entry in entries:
            position = self._positions[entry.id]
            for key in entry.keys:
                grouped.setdefault(key, []).append(position)
        for key, positions in grouped.items():
            if len(positions) == 1:
                yield key, 1 << positions[0]
            else:
                yield key, bits_of(positions, len(self._ids))
