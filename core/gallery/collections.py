"""Collections: named lists of assets. Functions of a connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from core.errors import Conflict, InvalidInput, NotFound
from core.identifiers import new_id
from core.store.asset_rows import live
from core.store.clock import timestamp
from core.store.revisions import mark_changed, portions
from core.store.schema import assets, collection_assets, collections

MAX_NAME = 100
MAX_COLLECTIONS = 10_000


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection: the number of its assets that are not deleted, and the newest of them."""

    id: str
    name: str
    created_at: str
    count: int = 0
    cover: str | None = None

    def public(self) -> dict[str, Any]:
        """The collection as JSON."""
        return asdict(self)


def list_collections(connection: Connection) -> list[Collection]:
    """All collections, by name."""
    members = (
        select(
            collection_assets.c.collection_id,
            func.count().label("count"),
            func.max(assets.c.id).label("cover"),
        )
        .join(assets, assets.c.id == collection_assets.c.asset_id)
        .where(live())
        .group_by(collection_assets.c.collection_id)
        .subquery()
    )
    statement = (
        select(collections, func.coalesce(members.c.count, 0).label("count"), members.c.cover)
        .join(members, members.c.collection_id == collections.c.id, isouter=True)
        .order_by(func.lower(collections.c.name), collections.c.id)
    )
    return [Collection(**row) for row in connection.execute(statement).mappings()]


def find_collection(connection: Connection, collection_id: str) -> Collection:
    """One collection. Raises `NotFound`."""
    for collection in list_collections(connection):
        if collection.id == collection_id:
            return collection
    raise NotFound("There is no such collection.", fix="Choose one of the list of collections.")


def create_collection(connection: Connection, name: str) -> Collection:
    """Add an empty collection. Raises `InvalidInput`, and `Conflict` for a name that is taken."""
    clean = _checked_name(connection, name)
    collection = Collection(new_id(), clean, timestamp())
    values = {"id": collection.id, "name": clean, "created_at": collection.created_at}
    connection.execute(collections.insert(), values)
    return collection


def rename_collection(connection: Connection, collection_id: str, name: str) -> Collection:
    """Give a collection another name. Raises as `create_collection`, and `NotFound`."""
    find_collection(connection, collection_id)
    clean = _checked_name(connection, name, but=collection_id)
    this = collections.update().where(collections.c.id == collection_id)
    connection.execute(this.values(name=clean))
    return find_collection(connection, collection_id)


def delete_collection(connection: Connection, collection_id: str) -> Collection:
    """Remove a collection; its assets stay. Raises `NotFound`."""
    collection = find_collection(connection, collection_id)
    mine = collection_assets.c.collection_id == collection_id
    mark_changed(connection, connection.scalars(select(collection_assets.c.asset_id).where(mine)))
    connection.execute(collection_assets.delete().where(mine))
    connection.execute(collections.delete().where(collections.c.id == collection_id))
    return collection


def add_assets(connection: Connection, collection_id: str, ids: Iterable[str]) -> list[str]:
    """Put assets that are not deleted into a collection; return those that were not in it."""
    find_collection(connection, collection_id)
    added: list[str] = []
    for part in portions(ids):
        known = connection.scalars(select(assets.c.id).where(assets.c.id.in_(part), live()))
        members = _members(connection, collection_id, part)
        new = [asset_id for asset_id in known if asset_id not in members]
        rows = [{"collection_id": collection_id, "asset_id": asset_id} for asset_id in new]
        if rows:
            connection.execute(collection_assets.insert(), rows)
        added += new
    mark_changed(connection, added)
    return added


def remove_assets(connection: Connection, collection_id: str, ids: Iterable[str]) -> list[str]:
    """Take assets out of a collection; return those that were in it."""
    find_collection(connection, collection_id)
    removed: list[str] = []
    for part in portions(ids):
        members = _members(connection, collection_id, part)
        connection.execute(
            collection_assets.delete().where(
                collection_assets.c.collection_id == collection_id,
                collection_assets.c.asset_id.in_(members),
            )
        )
        removed += sorted(members)
    mark_changed(connection, removed)
    return removed


def _members(connection: Connection, collection_id: str, ids: Sequence[str]) -> set[str]:
    statement = select(collection_assets.c.asset_id).where(
        collection_assets.c.collection_id == collection_id, collection_assets.c.asset_id.in_(ids)
    )
    return set(connection.scalars(statement))


def _checked_name(connection: Connection, name: str, but: str | None = None) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > MAX_NAME or not clean.isprintable():
        raise InvalidInput(
            f"The name {clean[:MAX_NAME]!r} is empty, too long or not printable.",
            field="name",
            fix=f"Use 1 to {MAX_NAME} printable characters.",
        )
    taken = connection.scalar(select(collections.c.id).where(collections.c.name == clean))
    if taken is not None and taken != but:
        raise Conflict(
            f"There is a collection {clean!r} already.", field="name", fix="Choose another name."
        )
    count = connection.scalar(select(func.count()).select_from(collections)) or 0
    if but is None and count >= MAX_COLLECTIONS:
        raise InvalidInput(f"There are {count} collections.", fix="Delete some.")
    return clean
