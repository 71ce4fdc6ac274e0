"""Curation: changes of many assets of the gallery, and its collections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, select

from core.errors import InvalidInput
from core.gallery import changes
from core.gallery import collections as rows
from core.gallery.collections import Collection
from core.gallery.filters import GalleryFilter
from core.gallery.gallery import Gallery
from core.store.annotations import Annotations
from core.store.asset_rows import Asset, read_assets
from core.store.assets import Assets
from core.store.database import Database
from core.store.revisions import portions
from core.store.schema import assets

T = TypeVar("T")
MAX_IDS = 10_000
SINGLY = 100
"""Changed assets that are reported one by one; more are reported as a number."""
OnChange = Callable[[Sequence[Asset], int, str], None]
OnCollection = Callable[[Collection, str], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """Assets by their ids, or all of a filter."""

    ids: Sequence[str] | None = None
    wanted: GalleryFilter = field(default_factory=GalleryFilter)


class Curation:
    """Changes of assets and collections of one studio."""

    def __init__(
        self,
        database: Database,
        gallery: Gallery,
        stored: Assets,
        on_change: OnChange,
        on_collection: OnCollection,
    ) -> None:
        """Call `on_change` after each commit with the changed assets (none of more than `SINGLY`),
        their number and the change; `on_collection` with a collection and its change.
        """
        self._database = database
        self._gallery = gallery
        self._stored = stored
        self._on_change = on_change
        self._on_collection = on_collection

    async def annotate(
        self,
        choice: Choice,
        values: Annotations,
        added: Sequence[str] = (),
        removed: Sequence[str] = (),
    ) -> int:
        """Change annotations, add and remove tags; return the number of assets."""
        return await self._change(
            choice,
            lambda connection, ids: changes.annotate_all(connection, ids, values, added, removed),
            "changed",
        )

    async def trash(self, choice: Choice) -> int:
        """Move assets to the trash; return their number."""
        return await self._change(choice, changes.trash_all, "deleted")

    async def restore(self, choice: Choice) -> int:
        """Bring assets back from the trash; return their number."""
        return await self._change(choice, changes.restore_all, "restored")

    async def purge(self, choice: Choice) -> int:
        """Remove assets of the trash for good; return their number."""
        ids = await self._ids(choice)

        def work(connection: Connection) -> tuple[Sequence[Asset], list[str], list[str]]:
            known = _reported(connection, ids)
            purged, keys = changes.purge_all(connection, ids)
            return [asset for asset in known if asset.deleted_at], purged, keys

        known, purged, keys = await self._database.write(work)
        self._gallery.forget(purged)
        await self._stored.remove_files(keys)
        if purged:
            self._on_change(known, len(purged), "purged")
        return len(purged)

    async def sized(self, choice: Choice) -> tuple[Sequence[str], int]:
        """The ids of a choice that are stored, and the bytes of their files."""
        ids = await self._ids(choice)

        def read(connection: Connection) -> tuple[Sequence[str], int]:
            sizes: dict[str, int] = {}
            for part in portions(ids):
                statement = select(assets.c.id, assets.c.size).where(assets.c.id.in_(part))
                sizes |= {row.id: row.size for row in connection.execute(statement)}
            return [asset_id for asset_id in ids if asset_id in sizes], sum(sizes.values())

        return await self._database.read(read)

    async def collections(self) -> list[Collection]:
        """All collections, by name."""
        return await self._database.read(rows.list_collections)

    async def create_collection(self, name: str) -> Collection:
        """Add an empty collection. Raises `InvalidInput`, `Conflict`."""
        return await self._change_collection(
            lambda connection: rows.create_collection(connection, name), "created"
        )

    async def rename_collection(self, collection_id: str, name: str) -> Collection:
        """Give a collection another name. Raises `NotFound`, `InvalidInput`, `Conflict`."""
        return await self._change_collection(
            lambda connection: rows.rename_collection(connection, collection_id, name), "changed"
        )

    async def delete_collection(self, collection_id: str) -> None:
        """Remove a collection; its assets stay. Raises `NotFound`."""
        await self._change_collection(
            lambda connection: rows.delete_collection(connection, collection_id), "deleted"
        )

    async def collect(self, collection_id: str, choice: Choice) -> int:
        """Put assets into a collection; return the number of new ones. Raises `NotFound`."""
        return await self._change_members(collection_id, choice, rows.add_assets)

    async def uncollect(self, collection_id: str, choice: Choice) -> int:
        """Take assets out of a collection; return their number. Raises `NotFound`."""
        return await self._change_members(collection_id, choice, rows.remove_assets)

    async def _change_members(
        self,
        collection_id: str,
        choice: Choice,
        change: Callable[[Connection, str, Sequence[str]], list[str]],
    ) -> int:
        number = await self._change(
            choice, lambda connection, ids: change(connection, collection_id, ids), "changed"
        )
        collection = await self._database.read(
            lambda connection: rows.find_collection(connection, collection_id)
        )
        if number:
            self._on_collection(collection, "changed")
        return number

    async def _change_collection(
        self, work: Callable[[Connection], Collection], change: str
    ) -> Collection:
        collection = await self._database.write(work)
        self._on_collection(collection, change)
        return collection

    async def _change(
        self, choice: Choice, work: Callable[[Connection, Sequence[str]], list[str]], change: str
    ) -> int:
        ids = await self._ids(choice)

        def write(connection: Connection) -> tuple[Sequence[Asset], int]:
            changed = work(connection, ids)
            return _reported(connection, changed), len(changed)

        changed, number = await self._database.write(write)
        if number:
            self._on_change(changed, number, change)
        return number

    async def _ids(self, choice: Choice) -> Sequence[str]:
        if choice.ids is None:
            return await self._gallery.ids(choice.wanted)
        if len(choice.ids) > MAX_IDS:
            raise InvalidInput(
                f"There are {len(choice.ids)} ids.",
                field="ids",
                fix=f"Give at most {MAX_IDS}, or a filter.",
            )
        return list(dict.fromkeys(choice.ids))


def _reported(connection: Connection, ids: Sequence[str]) -> Sequence[Asset]:
    if len(ids) > SINGLY:
        return ()
    return read_assets(connection, select(assets).where(assets.c.id.in_(ids)))
