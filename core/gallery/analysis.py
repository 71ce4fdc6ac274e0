"""The analysis of stored images in the background: dominant colours, and images that look alike.

New images are analysed moments after they were stored, those of an older version bit by bit. The
pixels are read in the decoder process of thumbnails, which are made ahead on the way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select

from core.errors import StudioError
from core.gallery.likeness import LikenessIndex
from core.kinds import all_kinds
from core.store.assets import Assets
from core.store.database import Database
from core.store.revisions import mark_changed
from core.store.schema import asset_search, assets, near_assets

PORTION = 16
DELAY_SECONDS = 1.0
"""New images wait this long, so that work which is going on comes first."""
_NOT_ANALYSED = asset_search.c.colours.is_(None)
_FAILED = ""
"""The likeness of an image whose analysis failed unexpectedly; the next start tries again."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Analysed:
    """The analysis of one asset; without a hash where its pixels cannot be read, with an empty one
    where the analysis failed."""

    asset_id: str
    colours: Sequence[dict[str, Any]] = ()
    likeness: str | None = None
    near: Sequence[tuple[str, int]] = field(default=())


class ImageAnalysis:
    """Analyses the images of one studio, one at a time. Used from one event loop."""

    def __init__(
        self,
        database: Database,
        assets: Assets,
        describe: Callable[[], Awaitable[None]],
        delay_seconds: float = DELAY_SECONDS,
    ) -> None:
        """`describe`: writes the rows of `asset_search` that new assets lack."""
        self._database = database
        self._assets = assets
        self._describe = describe
        self._delay = delay_seconds
        self._hashes: LikenessIndex | None = None
        self._new = asyncio.Event()
        self._turn = asyncio.Lock()

    def wake(self) -> None:
        """Analyse new images soon."""
        self._new.set()

    async def run(self) -> None:
        """Analyse what is stored, what failed before too, then what is added, until cancelled."""
        retry = True
        while True:
            self._new.clear()
            try:
                if retry:
                    await self._database.write(_forget_failures, durable=False)
                    retry = False
                await self.catch_up()
            except Exception:  # such as a full disk: the loop must live, the next image tries again
                log.exception("images could not be analysed")
            await self._new.wait()
            await asyncio.sleep(self._delay)

    async def catch_up(self) -> None:
        """Analyse all images that are not, the newest first. Raises storage errors."""
        await self._describe()
        async with self._turn:
            while portion := await self._database.read(_not_analysed):
                done = [await self._analyse_or_mark(*asset) for asset in portion]
                await self._database.write(partial(_store, done=done), durable=False)

    async def _analyse_or_mark(self, asset_id: str, raster: bool) -> Analysed:
        try:
            return await self._analyse(asset_id, raster)
        except StudioError:
            raise
        except Exception:  # a fault of one image must not keep the others from being analysed
            log.exception("image %s could not be analysed; the next start tries again", asset_id)
            return Analysed(asset_id, likeness=_FAILED)

    async def _analyse(self, asset_id: str, raster: bool) -> Analysed:
        if not raster:
            return Analysed(asset_id)
        try:
            pixels = await self._assets.analyse(asset_id)
        except StudioError as error:
            if error.status >= 500:
                raise
            return Analysed(asset_id)  # damaged, or gone
        hashes = await self._all_hashes()
        near = await asyncio.to_thread(hashes.near, pixels["likeness"])
        hashes.add(asset_id, pixels["likeness"])
        return Analysed(asset_id, pixels["colours"], pixels["likeness"], near)

    async def _all_hashes(self) -> LikenessIndex:
        if self._hashes is None:
            self._hashes = LikenessIndex()
            self._hashes.extend(await self._database.read(_stored_hashes))
        return self._hashes


def count_not_analysed(connection: Connection) -> int:
    """The number of assets that are not analysed yet."""
    rows = select(func.count()).select_from(asset_search).where(_NOT_ANALYSED)
    return connection.scalar(rows) or 0


def _not_analysed(connection: Connection) -> Sequence[tuple[str, bool]]:
    """IDs of a portion of assets, the newest first, each with True for pixels."""
    raster = {kind.name for kind in all_kinds() if kind.raster}
    statement = (
        select(assets.c.id, assets.c.kind)
        .join(asset_search, asset_search.c.asset_id == assets.c.id)
        .where(_NOT_ANALYSED)
        .order_by(asset_search.c.number.desc())
        .limit(PORTION)
    )
    return [(row.id, row.kind in raster) for row in connection.execute(statement)]


def _stored_hashes(connection: Connection) -> Sequence[tuple[str, str]]:
    known = select(asset_search.c.asset_id, asset_search.c.likeness)
    rows = connection.execute(known.where(asset_search.c.likeness > _FAILED))  # nor NULL
    return [(row.asset_id, row.likeness) for row in rows]


def _forget_failures(connection: Connection) -> None:
    failed = asset_search.update().where(asset_search.c.likeness == _FAILED)
    connection.execute(failed.values(colours=None, likeness=None))


def _store(connection: Connection, done: Sequence[Analysed]) -> None:
    new = [analysed for analysed in done if _store_row(connection, analysed)]
    ids = {analysed.asset_id for analysed in new}
    others = {asset_id for analysed in new for asset_id, _ in analysed.near}
    stored = set(connection.scalars(select(assets.c.id).where(assets.c.id.in_(ids | others))))
    pairs = {
        (min(analysed.asset_id, other), max(analysed.asset_id, other)): distance
        for analysed in new
        for other, distance in analysed.near
        if {analysed.asset_id, other} <= stored
    }
    rows = [
        {"first": first, "second": second, "distance": distance}
        for (first, second), distance in pairs.items()
        if first != second
    ]
    if rows:
        connection.execute(near_assets.insert(), rows)
    mark_changed(connection, ids)


def _store_row(connection: Connection, analysed: Analysed) -> bool:
    """Write an analysis; False where another server has written it meanwhile."""
    row = asset_search.update().where(asset_search.c.asset_id == analysed.asset_id, _NOT_ANALYSED)
    values = {"colours": list(analysed.colours), "likeness": analysed.likeness}
    return connection.execute(row.values(values)).rowcount > 0
