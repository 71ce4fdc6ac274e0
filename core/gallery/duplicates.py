"""Duplicates: groups of images that are the same file, or look alike.

A group has a best image: that with the best rating, else a favourite, else with the most pixels,
else the newest. All others lie within the distance of it. Functions of a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, bindparam, func, select

from core.store.revisions import portions
from core.store.schema import assets, near_assets


class Image(NamedTuple):
    """An asset as far as groups need it."""

    id: str
    key: str
    rating: int
    favourite: bool
    pixels: int | None
    deleted_at: str | None

    @property
    def rank(self) -> tuple[int, bool, int, str]:
        """The order of images, the best one last."""
        return self.rating, self.favourite, self.pixels or 0, self.id


Files = Mapping[str, Sequence[Image]]
"""Images by the keys of their files, in the order of the best image of each."""
Near = Mapping[str, Mapping[str, int]]
"""Distances between files by their keys."""
_NEWEST = select(func.max(assets.c.revision))
_CHANGED = select(assets.c.key)
_SHARED = _CHANGED.group_by(assets.c.key).having(func.count() > 1)


def _columns(table: FromClause) -> list[ColumnElement[Any]]:
    """The columns of an image, but for its id."""
    pixels = table.c.width * table.c.height
    return [table.c.key, table.c.rating, table.c.favourite, pixels, table.c.deleted_at]


_SIZE = len(_columns(assets))
# Deleted images are left out here: a condition in a statement makes SQLite read by it.
_OF_FILES = select(assets.c.id, *_columns(assets))
_FIRST, _SECOND = assets.alias("image"), assets.alias("other")
_ALIKE = (
    select(near_assets, *_columns(_FIRST), *_columns(_SECOND))
    .join_from(near_assets, _FIRST, _FIRST.c.id == near_assets.c.first)
    .join(_SECOND, _SECOND.c.id == near_assets.c.second)
    .where(near_assets.c.distance <= bindparam("distance"))
)


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Images that belong together: `same` file, or files that look alike (`near`).

    `members` are ids with their distances from the best image, which is the first.
    """

    kind: Literal["same", "near"]
    members: Sequence[tuple[str, int]]

    @property
    def best(self) -> str:
        """The image to keep."""
        return self.members[0][0]


@dataclass(slots=True)
class SharedFiles:
    """The keys of files that several images have, kept at the state of the database."""

    _keys: set[str] = field(default_factory=set)
    _revision: int = -1

    def keys(self, connection: Connection) -> Collection[str]:
        """Read the keys: of all assets once, then of those that changed since the last call.

        A key whose other images were purged may stay.
        """
        revision: int = connection.scalar(_NEWEST) or 0
        if self._revision < 0:
            # Without a condition on other columns the index of the keys holds all that is read.
            self._keys = set(connection.scalars(_SHARED))
        elif revision > self._revision:
            changed = set(connection.scalars(_CHANGED.where(assets.c.revision > self._revision)))
            self._keys -= changed
            for part in portions(changed):
                self._keys.update(connection.scalars(_SHARED.where(assets.c.key.in_(part))))
        self._revision = revision
        return self._keys


def groups_of(
    connection: Connection,
    distance: int,
    shared: Iterable[str],
    chosen: Callable[[Iterable[str]], Iterable[str]],
) -> list[DuplicateGroup]:
    """Groups of images that are not deleted, those with the newest best image first.

    `distance` is the most signs of two hashes that may differ, `shared` the keys of files that
    several images may have. `chosen` leaves out ids that a filter excludes.
    """
    images = {
        image.id: image
        for keys in portions(shared)
        for image in map(Image._make, connection.execute(_OF_FILES.where(assets.c.key.in_(keys))))
    }
    pairs = []
    for first, second, apart, *columns in connection.execute(_ALIKE, {"distance": distance}):
        images.setdefault(first, Image(first, *columns[:_SIZE]))
        images.setdefault(second, Image(second, *columns[_SIZE:]))
        pairs.append((first, second, apart))
    present = (image.id for image in images.values() if image.deleted_at is None)
    images = {asset_id: images[asset_id] for asset_id in chosen(present)}
    files: dict[str, list[Image]] = {}
    for image in sorted(images.values(), key=attrgetter("rank"), reverse=True):
        files.setdefault(image.key, []).append(image)
    groups = _grouped(files, _near(pairs, images))
    return sorted(groups, key=attrgetter("best"), reverse=True)


def _near(pairs: Iterable[tuple[str, str, int]], images: Mapping[str, Image]) -> Near:
    near: dict[str, dict[str, int]] = {}
    for first, second, distance in pairs:
        if first in images and second in images:
            key, other = images[first].key, images[second].key
            for file, neighbour in ((key, other), (other, key)):
                known = near.setdefault(file, {})
                known[neighbour] = min(distance, known.get(neighbour, distance))
    return near


def _grouped(files: Files, near: Near) -> Iterator[DuplicateGroup]:
    """Each file joins the group of the best one near it; `files` begin with the best."""
    grouped: set[str] = set()
    for key in files:
        if key in grouped:
            continue
        others = {
            other: distance
            for other, distance in near.get(key, {}).items()
            if other not in grouped and other != key
        }
        grouped |= {key, *others}
        by_distance = sorted(others, key=lambda other: (others[other], other))
        members = [
            (image.id, others.get(member, 0))
            for member in (key, *by_distance)
            for image in files[member]
        ]
        if len(members) > 1:
            yield DuplicateGroup("near" if others else "same", members)
