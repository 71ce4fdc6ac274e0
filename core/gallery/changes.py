"""Changes of many assets at once. Functions of a connection; each returns the ids it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from core.store.annotations import Annotations, annotate, check_tags
from core.store.asset_rows import live, tags_of
from core.store.clock import timestamp
from core.store.revisions import next_revision, portions
from core.store.schema import assets


def annotate_all(
    connection: Connection,
    ids: Iterable[str],
    changes: Annotations,
    added: Iterable[str] = (),
    removed: Iterable[str] = (),
) -> list[str]:
    """Change annotations of assets that are not deleted; `added` and `removed` are tags.

    Raises `InvalidInput`.
    """
    added, removed = check_tags(added), frozenset(removed)
    changed: list[str] = []
    for part in portions(ids):
        known = connection.scalars(select(assets.c.id).where(assets.c.id.in_(part), live())).all()
        tags = tags_of(connection, known)
        for asset_id in known:
            own = tags.get(asset_id, ())
            kept = [tag for tag in own if tag not in removed]
            new: Mapping[str, Any] = {"tags": [*kept, *added]} if added or removed else {}
            annotate(connection, asset_id, {**changes, **new})  # type: ignore[typeddict-item]
        changed += known
    return changed


def trash_all(connection: Connection, ids: Iterable[str]) -> list[str]:
    """Move assets to the trash."""
    return _set_deleted(connection, ids, timestamp())


def restore_all(connection: Connection, ids: Iterable[str]) -> list[str]:
    """Bring assets back from the trash."""
    return _set_deleted(connection, ids, None)


def purge_all(connection: Connection, ids: Iterable[str]) -> tuple[list[str], list[str]]:
    """Remove the rows of assets in the trash; also return the keys of files without a row."""
    purged: list[str] = []
    keys: set[str] = set()
    for part in portions(ids):
        chosen = assets.c.id.in_(part), assets.c.deleted_at.is_not(None)
        rows = connection.execute(select(assets.c.id, assets.c.key).where(*chosen)).all()
        connection.execute(assets.delete().where(*chosen))
        purged += [row.id for row in rows]
        keys |= {row.key for row in rows}
    for part in portions(sorted(keys)):
        keys -= set(connection.scalars(select(assets.c.key).where(assets.c.key.in_(part))))
    return purged, sorted(keys)


def _set_deleted(connection: Connection, ids: Iterable[str], moment: str | None) -> list[str]:
    changed: list[str] = []
    revision = next_revision(connection)
    other = live() if moment is not None else assets.c.deleted_at.is_not(None)
    for part in portions(ids):
        chosen = assets.c.id.in_(part), other
        changed += connection.scalars(select(assets.c.id).where(*chosen)).all()
        values = {"deleted_at": moment, "revision": revision}
        connection.execute(assets.update().where(*chosen).values(values))
    return changed
