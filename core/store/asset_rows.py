"""Rows of assets. Functions of a connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from core.errors import NotFound
from core.identifiers import new_id
from core.kinds import find
from core.store.blobs import Blob
from core.store.clock import timestamp
from core.store.documents import readable_rows
from core.store.revisions import next_revision
from core.store.schema import asset_tags, assets

MAX_RATING = 5
_insert = assets.insert()


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset. Sizes in pixels and bytes, times as `core.store.clock` writes them.

    `rating` is 0 (not rated) to 5. `warnings` of an upload are not stored. `described` and
    `revision` are for the search of the gallery.
    """

    id: str
    key: str
    kind: str
    type: str
    width: int | None
    height: int | None
    size: int
    metadata: Mapping[str, Any]
    task_id: str | None
    port: str | None
    index: int | None
    name: str | None
    created_at: str
    deleted_at: str | None = None
    project_id: str | None = None
    rating: int = 0
    favourite: bool = False
    note: str | None = None
    described: bool = field(default=False, compare=False)
    revision: int | None = field(default=None, compare=False)
    replay: Mapping[str, Any] | None = None
    """The report of its last replay."""
    tags: tuple[str, ...] = ()
    warnings: tuple[Mapping[str, str], ...] = field(default=(), compare=False)

    @property
    def raster(self) -> bool:
        """True for pixels: the asset has a thumbnail, and metadata in its file."""
        kind = find(self.kind)
        return kind is not None and kind.raster


def new_asset(
    blob: Blob,
    *,
    kind: str,
    type: str,
    width: int | None = None,
    height: int | None = None,
    metadata: Mapping[str, Any] | None = None,
    task_id: str | None = None,
    port: str | None = None,
    index: int | None = None,
    name: str | None = None,
    project_id: str | None = None,
    warnings: tuple[Mapping[str, str], ...] = (),
) -> Asset:
    """Build the asset of a stored file, with a new id."""
    return Asset(
        id=new_id(),
        key=blob.key,
        kind=kind,
        type=type,
        width=width,
        height=height,
        size=blob.size,
        metadata=dict(metadata or {}),
        task_id=task_id,
        port=port,
        index=index,
        name=name,
        created_at=timestamp(),
        project_id=project_id,
        warnings=warnings,
    )


def insert_asset(connection: Connection, asset: Asset) -> Asset:
    """Write the row inside the caller's transaction. The file must be stored already."""
    columns = {name: getattr(asset, name) for name in Asset.__slots__ if name in assets.c}
    connection.execute(_insert, columns)
    return asset


def find_asset(connection: Connection, asset_id: str, *, deleted: bool = False) -> Asset:
    """Read one asset. Raises `NotFound`, for a deleted one too unless `deleted` allows it."""
    condition = assets.c.id == asset_id if deleted else and_(assets.c.id == asset_id, live())
    rows = read_assets(connection, select(assets).where(condition))
    if not rows:
        raise missing_asset()
    return rows[0]


def asset_of_key(connection: Connection, key: str) -> Asset | None:
    """Read the newest asset of a file; None where none has it."""
    statement = select(assets).where(assets.c.key == key, live()).order_by(assets.c.id.desc())
    return next(iter(read_assets(connection, statement.limit(1))), None)


def set_replay(connection: Connection, asset_id: str, report: Mapping[str, Any]) -> Asset:
    """Store the report of an asset's last replay. Raises `NotFound`."""
    statement = assets.update().where(assets.c.id == asset_id, live())
    connection.execute(statement.values(replay=dict(report), revision=next_revision(connection)))
    return find_asset(connection, asset_id)


def hide_asset(connection: Connection, asset_id: str) -> Asset:
    """Mark an asset as deleted and return it as it was. Raises `NotFound`."""
    asset = find_asset(connection, asset_id)
    statement = assets.update().where(assets.c.id == asset_id)
    connection.execute(statement.values(deleted_at=timestamp(), revision=next_revision(connection)))
    return asset


def read_assets(connection: Connection, statement: Select[Any]) -> Sequence[Asset]:
    """Run a `select(assets)`; the assets come with their tags."""
    result = connection.execute(statement)
    columns = tuple(result.keys())
    rows = [dict(zip(columns, row, strict=True)) for row in result]
    tags = tags_of(connection, [row["id"] for row in rows])
    return [Asset(**row, tags=tags.get(row["id"], ())) for row in readable_rows(rows)]


def newest_id(connection: Connection) -> str | None:
    """The greatest id; None without assets."""
    newest: str | None = connection.scalar(select(func.max(assets.c.id)))
    return newest


def live() -> ColumnElement[bool]:
    """The condition that an asset is not deleted."""
    return assets.c.deleted_at.is_(None)


def missing_asset() -> NotFound:
    """The error for an id without an asset."""
    return NotFound("There is no such asset.", fix="Choose one of the list of assets.")


def tags_of(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The tags of assets, by id; those without tags are left out."""
    statement = select(asset_tags).where(asset_tags.c.asset_id.in_(ids)).order_by(asset_tags.c.tag)
    tags: dict[str, tuple[str, ...]] = {}
    for asset_id, tag in connection.execute(statement):
        tags[asset_id] = (*tags.get(asset_id, ()), tag)
    return tags
