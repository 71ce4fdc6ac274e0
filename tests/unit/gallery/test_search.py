"""Selections of the gallery against the same question put to plain lists."""

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import InvalidInput, StudioError
from core.gallery import search
from core.gallery.dates import Dates
from core.gallery.filters import SORT_ORDERS, GalleryFilter, SortOrder
from core.gallery.index import Entry, GalleryIndex
from core.identifiers import id_at

START = datetime(2026, 1, 30, 12, tzinfo=UTC)
SIZES = ("64x64", "128x64", "64x128", None)
TAGS = ({"cat"}, {"cat", "dog"}, {"dog"}, set[str]())
COUNT = 24


def entries() -> list[Entry]:
    """Assets, the oldest first: two a day; each with a kind, stars, perhaps a size and tags."""
    made = []
    for number in range(COUNT):
        keys = [("kind", "mask" if number % 5 == 0 else "image"), ("rating", str(number % 4))]
        keys += [("tag", tag) for tag in TAGS[number % 4]]
        if size := SIZES[number % 3 if number % 7 else 3]:
            keys.append(("size", size))
        if number % 6 == 0:
            keys.append(("deleted", "true"))
        if number % 8 == 1:
            keys.append(("favourite", "true"))
        made.append(Entry(id_at(START + number * timedelta(hours=12)), number, tuple(keys)))
    return made


ENTRIES = entries()


@pytest.fixture(scope="module")
def index() -> GalleryIndex:
    filled = GalleryIndex()
    filled.update(ENTRIES)
    return filled


def value(entry: Entry, facet: str) -> str:
    return dict(entry.keys).get(facet, "")


def pixels(entry: Entry) -> tuple[int, int]:
    width, _, height = (value(entry, "size") or "0x0").partition("x")
    return int(width) * int(height), int(width)


FILTERS = {
    "all": (GalleryFilter(), lambda entry: True),
    "one of two kinds": (
        GalleryFilter(kind=("mask", "other")),
        lambda e: value(e, "kind") == "mask",
    ),
    "all tags": (
        GalleryFilter(tag=("cat", "dog")),
        lambda e: {("tag", "cat"), ("tag", "dog")} <= {*e.keys},
    ),
    "stars": (GalleryFilter(min_rating=2), lambda e: int(value(e, "rating")) >= 2),
    "favourites": (GalleryFilter(favourite=True), lambda e: ("favourite", "true") in e.keys),
    "no favourites": (
        GalleryFilter(favourite=False),
        lambda e: ("favourite", "true") not in e.keys,
    ),
    "two conditions": (
        GalleryFilter(kind=("image",), rating=("1", "3")),
        lambda e: value(e, "kind") == "image" and value(e, "rating") in "13",
    ),
    "days": (
        GalleryFilter(from_date="2026-02-01", to_date="2026-02-03"),
        lambda e: ENTRIES.index(e) in range(3, 9),
    ),
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("deleted", [False, True])
def test_a_filter_selects_what_all_its_conditions_hold_for(
    index: GalleryIndex, name: str, deleted: bool
) -> None:
    wanted, holds = FILTERS[name]
    fields = {**wanted.given(), "deleted": deleted}
    selection = search.select(index, GalleryFilter(**fields), {})  # type: ignore[arg-type]
    in_place = [entry for entry in ENTRIES if (("deleted", "true") in entry.keys) is deleted]
    expected = [entry.id for entry in reversed(in_place) if holds(entry)]
    assert search.ids(selection) == expected
    assert search.within(selection, [*expected[:3], "unknown"]) == expected[:3]


@pytest.mark.parametrize("sort", SORT_ORDERS)
@pytest.mark.parametrize("limit", [1, 4, 100])
def test_pages_follow_each_other_in_the_order_without_gap_or_repetition(
    index: GalleryIndex, sort: SortOrder, limit: int
) -> None:
    selection = search.select(index, GalleryFilter(), {})
    live = [entry for entry in ENTRIES if ("deleted", "true") not in entry.keys]
    newest = live[::-1]
    ordered = {
        "newest": newest,
        "oldest": live,
        "rating": sorted(newest, key=lambda entry: value(entry, "rating"), reverse=True),
        "largest": sorted(newest, key=pixels, reverse=True),
    }[sort]
    seen: list[str] = []
    cursor, more = None, True
    while more:
        places, more = search.page(selection, sort, limit, cursor, 0)
        seen += [place.id for place in places]
        cursor = places[-1].cursor
    assert seen == [entry.id for entry in ordered]
    jumped, _ = search.page(selection, sort, limit, None, 7)
    assert [place.id for place in jumped] == seen[7 : 7 + limit]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", f"3.{ENTRIES[1].id}", f"9.{ENTRIES[1].id}", "3.x"],
    ids=["empty", "no order", "order 3", "order 9", "no image"],
)
def test_a_cursor_of_another_order_is_refused(index: GalleryIndex, cursor: str) -> None:
    sort: SortOrder = "newest" if cursor.startswith("3.0") else "rating"
    with pytest.raises(StudioError, match="cursor"):
        search.page(search.select(index, GalleryFilter(), {}), sort, 5, cursor, 0)


def test_a_facet_counts_what_a_change_of_its_value_would_show(index: GalleryIndex) -> None:
    chosen = search.select(index, GalleryFilter(kind=("mask",), tag=("cat",)), {})
    live = [entry for entry in ENTRIES if ("deleted", "true") not in entry.keys]
    cats = [entry for entry in live if ("tag", "cat") in entry.keys]
    kinds = {kind: sum(value(e, "kind") == kind for e in cats) for kind in ("mask", "image")}
    assert dict(search.counts(chosen, "kind")) == kinds
    masks = [entry for entry in cats if value(entry, "kind") == "mask"]
    tags = {tag: sum(("tag", tag) in e.keys for e in masks) for tag in ("cat", "dog")}
    assert dict(search.counts(chosen, "tag")) == {tag: n for tag, n in tags.items() if n}


def test_days_and_months_count_their_assets_and_those_above(index: GalleryIndex) -> None:
    february = GalleryFilter(from_date="2026-02-01", to_date="2026-02-02")
    selection = search.select(index, february, {})
    days = search.days(selection, Dates("UTC"))
    assert [(day.name, day.offset) for day in days] == [
        ("2026-02-02", 0),
        ("2026-02-01", days[0].count),
    ]
    months = search.months(selection, Dates("UTC"))  # of all dates
    live = [entry for entry in ENTRIES if ("deleted", "true") not in entry.keys]
    assert sum(month.count for month in months) == len(live)
    assert [month.name for month in months] == ["2026-02", "2026-01"]


@pytest.mark.parametrize(
    ("limit", "cursor", "offset"), [(0, None, 0), (101, None, 0), (5, None, -1), (5, "x", 3)]
)
def test_a_page_that_cannot_be_is_refused(limit: int, cursor: str | None, offset: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        search.check_page(limit, 100, cursor, offset)
    assert refused.value.fix
