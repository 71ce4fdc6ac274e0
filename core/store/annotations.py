"""Annotations of assets: tags, rating, favourite, note and project. Functions of a connection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict

from sqlalchemy import Connection

from core.errors import InvalidInput
from core.store.asset_rows import MAX_RATING, Asset, find_asset, live, missing_asset
from core.store.revisions import next_revision
from core.store.schema import asset_search, asset_tags, assets
from core.store.words import normalized

MAX_TAGS = 50
MAX_TAG_LENGTH = 60
MAX_NOTE_LENGTH = 10_000
MAX_PROJECT_LENGTH = 64


class Annotations(TypedDict, total=False):
    """The annotations to change; the others stay. None clears a note or a project."""

    tags: Iterable[str]
    rating: int
    favourite: bool
    note: str | None
    project_id: str | None


def annotate(connection: Connection, asset_id: str, changes: Annotations) -> Asset:
    """Change annotations and return the asset. Raises `NotFound`, `InvalidInput`."""
    columns: dict[str, Any] = {name: value for name, value in changes.items() if name != "tags"}
    _check(columns)
    tags = check_tags(changes["tags"]) if "tags" in changes else None
    statement = assets.update().where(assets.c.id == asset_id, live())
    columns["revision"] = next_revision(connection)
    if not connection.execute(statement.values(columns)).rowcount:
        raise missing_asset()
    if tags is not None:
        connection.execute(asset_tags.delete().where(asset_tags.c.asset_id == asset_id))
        if tags:
            rows = [{"asset_id": asset_id, "tag": tag} for tag in tags]
            connection.execute(asset_tags.insert(), rows)
    asset = find_asset(connection, asset_id)
    notes = asset_search.update().where(asset_search.c.asset_id == asset_id)
    connection.execute(notes.values(notes=notes_of(asset.note, asset.tags)))
    return asset


def notes_of(note: str | None, tags: Iterable[str]) -> str:
    """The words of annotations that the search looks through."""
    return normalized([note or "", *tags])


def _check(columns: dict[str, Any]) -> None:
    if not 0 <= columns.get("rating", 0) <= MAX_RATING:
        raise InvalidInput(
            f"The rating is {columns['rating']}.",
            field="rating",
            fix=f"Give a number from 0 (not rated) to {MAX_RATING}.",
        )
    for name, longest in (("note", MAX_NOTE_LENGTH), ("project_id", MAX_PROJECT_LENGTH)):
        if len(columns.get(name) or "") > longest:
            raise InvalidInput(f"{name!r} is too long.", field=name, fix=f"Use {longest} letters.")


def check_tags(tags: Iterable[str]) -> list[str]:
    """Tags with single spaces, each once, in their order. Raises `InvalidInput`."""
    clean = list(dict.fromkeys(" ".join(tag.split()) for tag in tags))
    for tag in clean:
        if not tag or len(tag) > MAX_TAG_LENGTH or not tag.isprintable():
            raise InvalidInput(
                f"The tag {tag[:MAX_TAG_LENGTH]!r} is empty, too long or not printable.",
                field="tags",
                fix=f"Use 1 to {MAX_TAG_LENGTH} printable characters.",
            )
    if len(clean) > MAX_TAGS:
        raise InvalidInput(
            f"There are {len(clean)} tags.", field="tags", fix=f"Give at most {MAX_TAGS}."
        )
    return clean
