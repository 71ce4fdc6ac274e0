"""Read the rows of the index: all of them once, then those that changed. Functions of a connection.

The queries read tuples and no models: there may be hundreds of thousands of rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, func, select

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
KeysById = dict[str, list[Key]]


@dataclass(slots=True)
class IndexReader:
    """Keeps an index at the state of the database. `labels` are the names of models by id."""

    index: GalleryIndex = field(default_factory=GalleryIndex)
    labels: dict[str, str] = field(default_factory=dict)
    _revision: int = -1
    _keys: dict[Key, Key] = field(default_factory=dict)
    _lists: dict[tuple[str, str], tuple[Key, ...]] = field(default_factory=dict)

    def catch_up(self, connection: Connection) -> None:
        """Read what changed since the last call; everything with the first."""
        revision = connection.scalar(select(func.max(assets.c.revision))) or 0
        if self._revision < 0:
            self._read(connection, None)
        else:
            newest = self.index.id_at(len(self.index) - 1) if len(self.index) else ""
            self._read(connection, and_(assets.c.described.is_(False), assets.c.id > newest))
            if revision > self._revision:
                self._read(connection, assets.c.revision > self._revision)
        self._revision = revision

    def start_over(self) -> None:
        """Read everything anew with the next `catch_up`."""
        self.index, self._revision = GalleryIndex(), -1

    def _read(self, connection: Connection, condition: ColumnElement[bool] | None) -> None:
        statement = _ROWS if condition is None else _ROWS.where(condition)
        rows = connection.execute(statement).all()
        if not rows:
            return
        several = self._several(connection, None if condition is None else [r[0] for r in rows])
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

    def _several(self, connection: Connection, ids: Sequence[str] | None) -> KeysById:
        """The tags and collections of assets; of all for None."""
        keys: KeysById = {}
        for facet, value, asset_id in (
            ("tag", asset_tags.c.tag, asset_tags.c.asset_id),
            ("collection", collection_assets.c.collection_id, collection_assets.c.asset_id),
        ):
            for part in [None] if ids is None else portions(ids):
                statement = select(asset_id, value)
                if part is not None:
                    statement = statement.where(asset_id.in_(part))
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
