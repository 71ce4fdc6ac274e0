"""Read the rows of the index: all of them once, then those that changed. Functions of a connection.

The queries read tuples and no models: there may be hundreds of thousands of rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Text, and_, cast, func, select

from core.gallery.index import DELETED, FAVOURITE, Entry, GalleryIndex, Key
from core.store.revisions import portions
from core.store.schema import asset_search, asset_tags, assets, collection_assets

_COLUMNS = (
    assets.c.id,
    assets.c.kind,
    assets.c.width,
    assets.c.height,
    assets.c.project_id,
    assets.c.rating,
    assets.c.favourite,
    assets.c.deleted_at,
    asset_search.c.number,
    asset_search.c.operation,
    asset_search.c.model,
    asset_search.c.model_label,
    cast(asset_search.c.loras, Text),
    cast(asset_search.c.colours, Text),
)
_ROWS = select(*_COLUMNS).join_from(
    assets, asset_search, asset_search.c.asset_id == assets.c.id, isouter=True
)
MOST_LISTS = 10_000
PORTION = 2_000
KeysById = dict[str, list[Key]]
Conditions = Callable[[Column[Any]], list[ColumnElement[bool]]]


@dataclass(slots=True)
class IndexReader:
    """Keeps an index at the state of the database. `labels` are the names of models by id."""

    index: GalleryIndex = field(default_factory=GalleryIndex)
    labels: dict[str, str] = field(default_factory=dict)
    _revision: int = -1
    _after: str = ""
    _complete: bool = False
    _keys: dict[Key, Key] = field(default_factory=dict)
    _lists: dict[tuple[str, str], tuple[Key, ...]] = field(default_factory=dict)

    def catch_up(self, connection: Connection) -> None:
        """Read what changed since the last call; everything with the first."""
        while self.read_portion(connection):
            pass
        revision = _newest_revision(connection)
        newest = self.index.id_at(len(self.index) - 1) if len(self.index) else ""
        self._read(connection, and_(assets.c.described.is_(False), assets.c.id > newest))
        if revision > self._revision:
            self._read(connection, assets.c.revision > self._revision)
        self._revision = revision

    def read_portion(self, connection: Connection, size: int = PORTION) -> bool:
        """Read the next `size` assets of those from before the first call; True for more."""
        if self._complete:
            return False
        if self._revision < 0:
            self._revision = _newest_revision(connection)
        following = _ROWS.where(assets.c.id > self._after).order_by(assets.c.id).limit(size)
        rows = connection.execute(following).all()
        if rows:
            first, self._after = rows[0][0], rows[-1][0]
            lists = self._several(
                connection, lambda asset_id: [asset_id.between(first, self._after)]
            )
            self._update(rows, lists)
        self._complete = len(rows) < size
        return not self._complete

    def _read(self, connection: Connection, condition: ColumnElement[bool]) -> None:
        rows = connection.execute(_ROWS.where(condition)).all()
        if rows:
            ids = [row[0] for row in rows]
            self._update(
                rows,
                self._several(
                    connection, lambda asset_id: [asset_id.in_(part) for part in portions(ids)]
                ),
            )

    def _update(self, rows: Sequence[Sequence[Any]], several: KeysById) -> None:
        self.index.update(self._entry(row, several.get(row[0], ())) for row in rows)

    def _entry(self, row: Sequence[Any], several: Iterable[Key]) -> Entry:
        (asset_id, kind, width, height, project, rating, favourite, deleted_at, number) = row[:9]
        operation, model, label, loras, colours = row[9:]
        keys = [
            self._key("kind", kind),
            self._key("rating", str(rating)),
            self._key("project", project or ""),
        ]
        if width and height:
            keys.append(self._key("size", f"{width}x{height}"))
        if operation:
            keys.append(self._key("operation", operation))
        if model:
            keys.append(self._key("model", model))
            self.labels.setdefault(model, label or model)
        keys += self._listed("lora", loras)
        keys += self._listed("colour", colours)
        keys += [FAVOURITE] if favourite else []
        keys += [DELETED] if deleted_at is not None else []
        return Entry(asset_id, number, (*keys, *several))

    def _several(self, connection: Connection, conditions: Conditions) -> KeysById:
        """The tags and collections of assets; `conditions` of a column of their ids."""
        keys: KeysById = {}
        for facet, value, asset_id in (
            ("tag", asset_tags.c.tag, asset_tags.c.asset_id),
            ("collection", collection_assets.c.collection_id, collection_assets.c.asset_id),
        ):
            for condition in conditions(asset_id):
                statement = select(asset_id, value).where(condition)
                for owner, name in connection.execute(statement):
                    keys.setdefault(owner, []).append(self._key(facet, name))
        return keys

    def _listed(self, facet: str, text: str | None) -> tuple[Key, ...]:
        """The keys of a JSON list of names, or of records with names; each text is read once."""
        if text is None or text == "[]":
            return ()
        keys = self._lists.get((facet, text))
        if keys is None:
            entries = json.loads(text)
            names = [item["name"] if isinstance(item, dict) else item for item in entries]
            keys = tuple(self._key(facet, name) for name in dict.fromkeys(names))
            if len(self._lists) < MOST_LISTS:
                self._lists[facet, text] = keys
        return keys

    def _key(self, facet: str, value: str) -> Key:
        """One object for all equal keys."""
        key = (facet, value)
        return self._keys.setdefault(key, key)


def _newest_revision(connection: Connection) -> int:
    return connection.scalar(select(func.max(assets.c.revision))) or 0
