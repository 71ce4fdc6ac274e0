"""Duplicates: groups of images that are the same file, or look alike.

A group has a best image: that with the best rating, else a favourite, else with the most pixels,
else the newest. All others lie within the distance of it. Functions of a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, union

from core.store.asset_rows import live
from core.store.revisions import portions
from core.store.schema import assets, near_assets


class Image(NamedTuple):
    """An asset as far as groups need it."""

    id: str
    key: str
    rating: int
    favourite: bool
    pixels: int | None

    @property
    def rank(self) -> tuple[int, bool, int, str]:
        """The order of images, the best one last."""
        return self.rating, self.favourite, self.pixels or 0, self.id


Files = Mapping[str, Sequence[Image]]
"""Images by the keys of their files, in the order of the best image of each."""
Near = Mapping[str, Mapping[str, int]]
"""Distances between files by their keys."""
_COLUMNS = (
    assets.c.id,
    assets.c.key,
    assets.c.rating,
    assets.c.favourite,
    (assets.c.width * assets.c.height).label("pixels"),
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


def groups_of(
    connection: Connection, distance: int, chosen: Callable[[Iterable[str]], Iterable[str]]
) -> list[DuplicateGroup]:
    """Groups of images that are not deleted, those with the newest best image first.

    `distance` is the most signs of two hashes that may differ. `chosen` leaves out ids that a
    filter excludes.
    """
    close = near_assets.c.distance <= distance
    pairs = connection.execute(select(near_assets).where(close)).all()
    images = {image.id: image for image in _images(connection, close)}
    images = {asset_id: images[asset_id] for asset_id in chosen(images)}
    files: dict[str, list[Image]] = {}
    for image in sorted(images.values(), key=attrgetter("rank"), reverse=True):
        files.setdefault(image.key, []).append(image)
    groups = _grouped(files, _near(pairs, images))
    return sorted(groups, key=lambda group: group.best, reverse=True)


def _images(connection: Connection, close: ColumnElement[bool]) -> Iterator[Image]:
    """The images that share a file with another, and those of pairs that are `close`."""
    # Without a condition on other columns the index of the keys holds all that is read.
    shared = select(assets.c.key).group_by(assets.c.key).having(func.count() > 1)
    columns = near_assets.c.first, near_assets.c.second
    alike = union(*(select(column).where(close) for column in columns))
    yield from _read(connection, assets.c.id.in_(alike))
    for keys in portions(connection.execute(shared).scalars()):
        yield from _read(connection, assets.c.key.in_(keys))


def _read(connection: Connection, condition: ColumnElement[bool]) -> Iterator[Image]:
    return map(Image._make, connection.execute(select(*_COLUMNS).where(condition, live())).all())


def _near(pairs: Iterable[Sequence[Any]], images: Mapping[str, Image]) -> Near:
    near: dict[str, dict[str, int]] = {}
    for first, second, distance in pairs:
        if first in images and second in images:
            keys = images[first].key, images[second].key
            for key, other in (keys, keys[::-1]):
                known = near.setdefault(key, {})
                known[other] = min(distance, known.get(other, distance))
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
