"""Duplicates: groups of images that are the same file, or look alike.

A group has a best image: that with the best rating, else a favourite, else with the most pixels,
else the newest. All others lie within the distance of it. Functions of a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, RowMapping, Select, func, select

from core.store.asset_rows import live
from core.store.revisions import portions
from core.store.schema import assets, near_assets

Files = Mapping[str, Sequence[RowMapping]]
"""Assets by the keys of their files, in the order of the best image of each."""
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
    pairs = [
        (first, second, measured)
        for first, second, measured in connection.execute(
            select(near_assets).where(near_assets.c.distance <= distance)
        )
    ]
    alike = {asset_id for first, second, _ in pairs for asset_id in (first, second)}
    rows = {row["id"]: row for row in _rows(connection, alike)}
    rows = {asset_id: rows[asset_id] for asset_id in chosen(rows)}
    files: dict[str, list[RowMapping]] = {}
    for row in sorted(rows.values(), key=_rank, reverse=True):
        files.setdefault(row["key"], []).append(row)
    groups = _grouped(files, _near(pairs, rows))
    return sorted(groups, key=lambda group: group.best, reverse=True)


def _rows(connection: Connection, alike: Iterable[str]) -> Iterator[RowMapping]:
    """The assets that share a file with another, and those of pairs."""
    shared = select(assets.c.key).where(live()).group_by(assets.c.key).having(func.count() > 1)
    yield from _read(connection, select(*_COLUMNS).where(assets.c.key.in_(shared), live()))
    for part in portions(alike):
        yield from _read(connection, select(*_COLUMNS).where(assets.c.id.in_(part), live()))


def _read(connection: Connection, statement: Select[tuple[object, ...]]) -> Sequence[RowMapping]:
    return connection.execute(statement).mappings().all()


def _near(pairs: Iterable[tuple[str, str, int]], rows: Mapping[str, RowMapping]) -> Near:
    near: dict[str, dict[str, int]] = {}
    for first, second, distance in pairs:
        if first in rows and second in rows:
            keys = rows[first]["key"], rows[second]["key"]
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
            (str(row["id"]), others.get(member, 0))
            for member in (key, *by_distance)
            for row in files[member]
        ]
        if len(members) > 1:
            yield DuplicateGroup("near" if others else "same", members)


def _rank(row: RowMapping) -> tuple[int, bool, int, str]:
    return row["rating"], row["favourite"], row["pixels"] or 0, row["id"]
