"""Selections of the gallery: the sets of a filter, its pages, counts and days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from core.errors import InvalidInput
from core.gallery.bits import (
    Bits,
    all_below,
    ascending,
    between,
    descending,
    without_highest,
    without_lowest,
)
from core.gallery.dates import Dates
from core.gallery.filters import SEVERAL, SINGLE, GalleryFilter, SortOrder
from core.gallery.index import DELETED, FAVOURITE, GalleryIndex
from core.identifiers import is_id
from core.store.asset_rows import MAX_RATING
from core.store.cursors import invalid_cursor

DATE = "date"


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter as sets. `base`: all assets of the gallery, or of the trash."""

    index: GalleryIndex
    base: Bits
    parts: Mapping[str, Bits] = field(default_factory=dict)

    def bits(self, without: str | None = None) -> Bits:
        """The assets of the filter; `without` leaves out one of its parts."""
        chosen = self.base
        for name, bits in self.parts.items():
            if name != without:
                chosen &= bits
        return chosen


@dataclass(frozen=True, slots=True)
class Period:
    """The assets of a day or a month: their number, and how many newer ones the selection has."""

    name: str
    count: int
    offset: int


@dataclass(frozen=True, slots=True)
class Place:
    """An asset in a sorted selection. `group` is its rating or size; empty where order is time."""

    id: str
    group: str

    @property
    def cursor(self) -> str:
        """The text that continues behind this asset."""
        return f"{self.group}.{self.id}" if self.group else self.id


def select(index: GalleryIndex, wanted: GalleryFilter, looked_up: Mapping[str, Bits]) -> Selection:
    """The selection of a filter; `looked_up`: sets from the database, by condition."""
    deleted = index.having(*DELETED)
    base = deleted if wanted.deleted else index.everything & ~deleted
    parts: dict[str, Bits] = dict(looked_up)
    for facet in SINGLE:
        if values := wanted.values(facet):
            parts[facet] = _any_of(index, facet, values)
    for facet in SEVERAL:
        if values := wanted.values(facet):
            parts[facet] = _all_of(index, facet, values)
    if wanted.min_rating > 0:
        stars = [str(rating) for rating in range(wanted.min_rating, MAX_RATING + 1)]
        parts["min_rating"] = _any_of(index, "rating", stars)
    if wanted.favourite is not None:
        favourites = index.having(*FAVOURITE)
        parts["favourite"] = favourites if wanted.favourite else ~favourites
    if wanted.from_date or wanted.to_date:
        dates = Dates(wanted.timezone)
        low = index.place_of(dates.first_id(wanted.from_date)) if wanted.from_date else 0
        high = index.place_of(dates.end_id(wanted.to_date)) if wanted.to_date else len(index)
        parts[DATE] = between(low, high)
    return Selection(index, base, parts)


def page(
    selection: Selection, sort: SortOrder, limit: int, cursor: str | None, offset: int
) -> tuple[list[Place], bool]:
    """Up to `limit` assets behind the cursor, or from `offset` on; and True where more follow."""
    places: list[Place] = []
    groups = list(_groups(selection, sort))
    if cursor is not None:
        groups = _behind(selection.index, groups, sort, cursor)
    for group, bits in groups:
        size = bits.bit_count()
        if offset >= size:
            offset -= size
            continue
        room = limit + 1 - len(places)
        positions = _taken(bits, sort, offset, room)
        places += [Place(selection.index.id_at(position), group) for position in positions]
        offset = 0
        if len(places) > limit:
            break
    return places[:limit], len(places) > limit


def ids(selection: Selection) -> list[str]:
    """The ids of all assets of a selection, newest first."""
    return [selection.index.id_at(position) for position in descending(selection.bits())]


def within(selection: Selection, asset_ids: Iterable[str]) -> list[str]:
    """Those of the ids that a selection has, newest first."""
    chosen = selection.index.identified(asset_ids) & selection.bits()
    return [selection.index.id_at(position) for position in descending(chosen)]


def counts(selection: Selection, facet: str) -> list[tuple[str, int]]:
    """The number of assets for each value of a property that occurs, in no order.

    A property that assets have once ignores its own filter, so that another value can be chosen.
    """
    own = {facet, "min_rating"} if facet == "rating" else {facet}
    chosen = selection.bits()
    if facet in SINGLE and own & selection.parts.keys():
        rest = {name: bits for name, bits in selection.parts.items() if name not in own}
        chosen = Selection(selection.index, selection.base, rest).bits()
    numbers = (
        (value, (bits & chosen).bit_count())
        for value, bits in selection.index.values(facet).items()
    )
    return [(value, number) for value, number in numbers if number]


def days(selection: Selection, dates: Dates) -> list[Period]:
    """The days of a selection, newest first."""
    return _periods(selection, selection.bits(), dates.day_of)


def months(selection: Selection, dates: Dates) -> list[Period]:
    """The months of a selection, newest first; its dates do not count."""
    return _periods(selection, selection.bits(without=DATE), dates.month_of)


def _periods(
    selection: Selection, bits: Bits, period_of: Callable[[str], tuple[str, str]]
) -> list[Period]:
    index, offset = selection.index, 0
    periods: list[Period] = []
    while bits:
        newest = index.id_at(bits.bit_length() - 1)
        name, first_id = period_of(newest)
        start = min(index.place_of(first_id), bits.bit_length() - 1)
        count = (bits >> start).bit_count()
        periods.append(Period(name, count, offset))
        offset += count
        bits &= all_below(start)
    return periods


def _any_of(index: GalleryIndex, facet: str, values: Sequence[str]) -> Bits:
    bits = 0
    for value in values:
        bits |= index.having(facet, value)
    return bits


def _all_of(index: GalleryIndex, facet: str, values: Sequence[str]) -> Bits:
    bits = index.everything
    for value in values:
        bits &= index.having(facet, value)
    return bits


def _groups(selection: Selection, sort: SortOrder) -> Iterator[tuple[str, Bits]]:
    """The sets that follow each other in this order; in each, order is time."""
    chosen = selection.bits()
    if sort in ("newest", "oldest"):
        yield "", chosen
        return
    facet = "rating" if sort == "rating" else "size"
    values = selection.index.values(facet)
    rest = chosen
    for value in sorted(values, key=_amount, reverse=True):
        yield value, chosen & values[value]
        rest &= ~values[value]
    yield "0", rest  # assets without a size


def _amount(value: str) -> tuple[int, int]:
    """The order of a value: its stars, or its pixels and then its width."""
    width, _, height = value.partition("x")
    return int(width) * int(height or 1), int(width)


def _behind(
    index: GalleryIndex, groups: list[tuple[str, Bits]], sort: SortOrder, cursor: str
) -> list[tuple[str, Bits]]:
    """The groups without what stands before the cursor, and its own asset."""
    group, dot, asset_id = cursor.rpartition(".")
    place = next((place for place, (name, _) in enumerate(groups) if name == group), None)
    if bool(dot) != (sort not in ("newest", "oldest")) or place is None or not is_id(asset_id):
        raise invalid_cursor()
    position = index.place_of(asset_id)
    name, bits = groups[place]
    if sort == "oldest":
        known = position < len(index) and index.id_at(position) == asset_id
        rest = bits & ~all_below(position + known)
    else:
        rest = bits & all_below(position)
    return [(name, rest), *groups[place + 1 :]]


def _taken(bits: Bits, sort: SortOrder, offset: int, count: int) -> list[int]:
    if sort == "oldest":
        return list(islice(ascending(without_lowest(bits, offset)), count))
    return list(islice(descending(without_highest(bits, offset)), count))


def check_page(limit: int, most: int, cursor: str | None, offset: int) -> None:
    """Raise `InvalidInput` for a page that cannot be."""
    if not 1 <= limit <= most:
        raise InvalidInput(f"`limit` is {limit}.", field="limit", fix=f"Give 1 to {most}.")
    if offset < 0 or (offset and cursor is not None):
        raise InvalidInput(
            f"`offset` is {offset}{' beside a cursor' if cursor else ''}.",
            field="offset",
            fix="Give a number from 0, or a cursor, not both.",
        )
