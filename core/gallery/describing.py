"""Rows of `asset_search` for assets that have none yet. Functions of a connection."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from core.gallery.description import (
    IMPORT,
    UPLOAD,
    Description,
    of_file,
    of_result,
)
from core.store.annotations import notes_of
from core.store.asset_rows import tags_of
from core.store.documents import UNREADABLE
from core.store.revisions import next_revision
from core.store.schema import asset_inputs, asset_search, assets, tasks

_NEW = (
    select(
        assets.c.id,
        assets.c.metadata,
        assets.c.task_id,
        assets.c.index,
        assets.c.port,
        assets.c.name,
        assets.c.note,
        tasks.c.operation,
        tasks.c.params,
        tasks.c.snapshot,
    )
    .join_from(assets, tasks, tasks.c.id == assets.c.task_id, isouter=True)
    .where(assets.c.described.is_(False))
    .order_by(assets.c.id)
)


def count_new(connection: Connection, limit: int) -> int:
    """The number of assets without a description, at most `limit`."""
    new = select(assets.c.id).where(assets.c.described.is_(False)).limit(limit)
    return connection.scalar(select(func.count()).select_from(new.subquery())) or 0


def describe_new(connection: Connection, limit: int) -> int:
    """Describe up to `limit` assets, the oldest first; return their number."""
    rows = connection.execute(_NEW.limit(limit)).mappings().all()
    if not rows:
        return 0
    tags = tags_of(connection, [row["id"] for row in rows])
    described: dict[str, Description] = {}
    columns = []
    for row in rows:
        description = described[row["id"]] = _describe(connection, row, described)
        notes = notes_of(row["note"], tags.get(row["id"], ()))
        columns.append({"asset_id": row["id"], **description.columns(row["name"]), "notes": notes})
    connection.execute(asset_search.insert(), columns)
    done = assets.update().where(assets.c.id.in_([row["id"] for row in rows]))
    connection.execute(done.values(described=True, revision=next_revision(connection)))
    return len(rows)


def _describe(
    connection: Connection, row: RowMapping, described: dict[str, Description]
) -> Description:
    values: dict[str, Any] = {
        name: {} if value is UNREADABLE else value for name, value in row.items()
    }
    if row["task_id"] is None:
        return of_file(values, IMPORT if row["port"] == IMPORT else UPLOAD)
    parent = _parent(connection, row["id"], described)
    if row["operation"] is None:  # the row of the task is gone
        return parent or Description()
    return of_result(values, values, parent)


def _parent(
    connection: Connection, asset_id: str, described: dict[str, Description]
) -> Description | None:
    """The description of the first input."""
    first = (
        select(asset_inputs.c.parent)
        .where(asset_inputs.c.child == asset_id)
        .order_by(asset_inputs.c.position)
        .limit(1)
    )
    parent_id = connection.scalar(first)
    if parent_id is None or parent_id in described:
        return described.get(parent_id or "")
    row = (
        connection.execute(select(asset_search).where(asset_search.c.asset_id == parent_id))
        .mappings()
        .first()
    )
    return description_of(row) if row else None


def description_of(row: RowMapping) -> Description:
    """The description in a row of `asset_search`."""
    values = {name: row[name] for name in Description.__slots__}
    return Description(**{**values, "loras": tuple(row["loras"] or ())})
