"""The gallery: pages of assets by any filter, in any order, at any offset; facets and days."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, select

from core.gallery import search
from core.gallery.analysis import count_not_analysed
from core.gallery.bits import Bits
from core.gallery.dates import Dates
from core.gallery.describing import count_new, describe_new
from core.gallery.duplicates import DuplicateGroup, SharedFiles, groups_of
from core.gallery.filters import FACETS, GalleryFilter, SortOrder
from core.gallery.index import FAVOURITE
from core.gallery.items import GalleryItem, LicenceOf, read_items
from core.gallery.likeness import DEFAULT_DISTANCE, check_distance
from core.gallery.reading import IndexReader
from core.gallery.text_query import read_query
from core.gallery.word_sets import WordSets
from core.identifiers import is_id
from core.store.asset_rows import missing_asset
from core.store.assets import MAX_PER_PAGE
from core.store.cursors import invalid_cursor
from core.store.database import Database
from core.store.schema import asset_search, assets

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 200
"""New assets that a query waits for; where there are more, they become searchable afterwards."""
MAX_GROUPS = 100


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """A page of assets; `total` counts all assets of the filter."""

    items: tuple[GalleryItem, ...]
    next_cursor: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Facets:
    """The counts of a filter. `facets` has (value, count) for each value that occurs; `all` counts
    the assets of the same kinds without the other filters, `indexing` those not yet searchable.
    """

    total: int
    all: int
    trash: int
    favourites: int
    facets: Mapping[str, Sequence[tuple[str, int]]]
    months: Sequence[search.Period]
    indexing: int


@dataclass(frozen=True, slots=True)
class DuplicatePage:
    """A page of groups; `items` has their assets by id, `total` counts the groups of the filter,
    `analysing` the images that were not compared yet.
    """

    groups: Sequence[DuplicateGroup]
    items: Mapping[str, GalleryItem]
    next_cursor: str | None
    total: int
    analysing: int


class Gallery:
    """Searches over the assets of one studio. Any number of threads may call."""

    def __init__(self, database: Database, licence_of: LicenceOf = lambda model: None) -> None:
        """`licence_of`: the licence of a model by its id; called in threads."""
        self._database = database
        self._licence_of = licence_of
        self._reader = IndexReader()
        self._lock = threading.Lock()
        self._shared = SharedFiles()
        self._words = WordSets(self._reader.index)

    async def page(
        self,
        wanted: GalleryFilter = GalleryFilter(),  # noqa: B008 (frozen)
        sort: SortOrder = "newest",
        limit: int = 50,
        cursor: str | None = None,
        offset: int = 0,
    ) -> GalleryPage:
        """Read a page from `offset` on, or behind `cursor`, a page's `next_cursor`.

        `limit` is 1 to 200. Raises `InvalidInput`.
        """
        search.check_page(limit, MAX_PER_PAGE, cursor, offset)

        def choose(connection: Connection) -> tuple[list[search.Place], bool, int]:
            selection = self._select(connection, wanted)
            places, more = search.page(selection, sort, limit, cursor, offset)
            return places, more, selection.bits().bit_count()

        def read(
            connection: Connection, chosen: tuple[list[search.Place], bool, int]
        ) -> GalleryPage:
            places, more, total = chosen
            items = read_items(connection, [place.id for place in places], self._licence_of)
            return GalleryPage(tuple(items), places[-1].cursor if more else None, total)

        return await self._read(choose, read)

    async def items(self, ids: Sequence[str]) -> list[GalleryItem]:
        """Read assets by their ids, also from the trash; those that are gone are left out."""
        return await self._read(
            lambda connection: None,
            lambda connection, _: read_items(connection, ids, self._licence_of),
        )

    async def find(self, asset_id: str) -> GalleryItem:
        """Read one asset, also from the trash. Raises `NotFound`."""
        items = await self.items([asset_id])
        if not items:
            raise missing_asset()
        return items[0]

    async def ids(self, wanted: GalleryFilter) -> list[str]:
        """The ids of all assets of a filter, newest first."""
        return await self._choose(lambda connection: search.ids(self._select(connection, wanted)))

    async def facets(self, wanted: GalleryFilter = GalleryFilter()) -> Facets:  # noqa: B008
        """Count the assets of a filter by the values of each property."""
        dates = Dates(wanted.timezone)

        def read(connection: Connection) -> Facets:
            selection = self._select(connection, wanted)
            own = GalleryFilter(kind=wanted.kind, deleted=wanted.deleted)
            trash = GalleryFilter(kind=wanted.kind, deleted=not wanted.deleted)
            index = self._reader.index
            here = search.select(index, own, {}).bits()
            there = search.select(index, trash, {}).bits().bit_count()
            return Facets(
                total=selection.bits().bit_count(),
                all=here.bit_count(),
                trash=here.bit_count() if wanted.deleted else there,
                favourites=(here & index.having(*FAVOURITE)).bit_count(),
                facets={facet: search.counts(selection, facet) for facet in FACETS},
                months=search.months(selection, dates),
                indexing=count_new(connection, limit=1_000_000),
            )

        return await self._choose(read)

    async def days(self, wanted: GalleryFilter = GalleryFilter()) -> list[search.Period]:  # noqa: B008
        """Count the assets of a filter by their days, newest first."""
        dates = Dates(wanted.timezone)
        return await self._choose(
            lambda connection: search.days(self._select(connection, wanted), dates)
        )

    async def duplicates(
        self,
        wanted: GalleryFilter = GalleryFilter(),  # noqa: B008 (frozen)
        distance: int = DEFAULT_DISTANCE,
        limit: int = 20,
        cursor: str | None = None,
    ) -> DuplicatePage:
        """Read groups of images that are the same, or whose hashes differ in at most `distance`
        signs, 0 to `MAX_DISTANCE`. `limit` is 1 to 100. Raises `InvalidInput`.
        """
        search.check_page(limit, MAX_GROUPS, cursor, 0)
        check_distance(distance)
        if cursor is not None and not is_id(cursor):
            raise invalid_cursor()

        def choose(connection: Connection) -> tuple[Sequence[DuplicateGroup], int]:
            chosen = partial(search.within, self._select(connection, wanted))
            groups = groups_of(connection, distance, self._shared.keys(connection), chosen)
            rest = [group for group in groups if cursor is None or group.best < cursor]
            return rest[: limit + 1], len(groups)

        def read(
            connection: Connection, chosen: tuple[Sequence[DuplicateGroup], int]
        ) -> DuplicatePage:
            groups, total = chosen
            shown, more = groups[:limit], len(groups) > limit
            ids = [asset_id for group in shown for asset_id, _ in group.members]
            items = read_items(connection, ids, self._licence_of)
            return DuplicatePage(
                tuple(shown),
                {item.asset.id: item for item in items},
                shown[-1].best if more else None,
                total,
                count_not_analysed(connection),
            )

        return await self._read(choose, read)

    def forget(self, ids: Sequence[str]) -> None:
        """Leave out assets whose rows are gone."""
        with self._lock:
            self._reader.index.remove(ids)

    def label_of_model(self, model_id: str) -> str:
        """The name of a model that made an asset."""
        return self._reader.labels.get(model_id, model_id)

    async def warm(self) -> None:
        """Read the index ahead of the first query, in portions that let other reads pass."""

        def work(connection: Connection) -> bool:
            with self._lock:
                return self._reader.read_portion(connection)

        while await self._database.read(work):
            pass

    async def describe_all(self) -> None:
        """Describe all assets that are not yet, in portions that let other writes pass."""
        while await self._database.write(
            lambda connection: describe_new(connection, AT_ONCE // 4), durable=False
        ):
            pass

    async def _choose(self, choose: Callable[[Connection], T]) -> T:
        return await self._read(choose, lambda connection, chosen: chosen)

    async def _read(
        self, choose: Callable[[Connection], T], read: Callable[[Connection, T], R]
    ) -> R:
        """Run `choose` on the index once new assets are searchable, then `read` on the rows of the
        same state of the database.
        """

        def work(connection: Connection) -> R | None:
            # The index never goes back: each state of the database that is read inside the lock is
            # as new as that of the reader before.
            with self._lock:
                if not describing and 0 < count_new(connection, AT_ONCE + 1) <= AT_ONCE:
                    return None
                self._reader.catch_up(connection)
                chosen = choose(connection)
            return read(connection, chosen)

        describing = False
        result = await self._database.read(work)
        if result is None:
            await self._database.write(
                lambda connection: describe_new(connection, AT_ONCE), durable=False
            )
            describing = True  # once: others may add more all the time
            result = await self._database.read(work)
        assert result is not None
        return result

    def _select(self, connection: Connection, wanted: GalleryFilter) -> search.Selection:
        index = self._reader.index
        looked_up: dict[str, Bits] = {}
        query = read_query(wanted.q)
        if query.needed or query.excluded:
            looked_up["q"] = self._words.of_query(connection, query)
        if wanted.seed is not None:
            numbers = select(asset_search.c.number).where(asset_search.c.seed == wanted.seed)
            looked_up["seed"] = index.numbered(connection.scalars(numbers).all())
        if wanted.task_id is not None:
            made = select(assets.c.id).where(assets.c.task_id == wanted.task_id)
            looked_up["task_id"] = index.identified(connection.scalars(made))
        return search.select(index, wanted, looked_up)
