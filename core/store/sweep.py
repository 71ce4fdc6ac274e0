"""Removal of unreferenced data: rows deleted long ago, files without a row, unfinished files.

Runs at start, before any worker: a process that died left whatever is unreferenced then.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select, union

from core.store import atomic
from core.store.blobs import BlobStore
from core.store.clock import timestamp
from core.store.database import Database
from core.store.documents import heal
from core.store.schema import assets, run_files, tasks
from core.store.thumbnails import Thumbnails

KEEP_DELETED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Swept:
    """The numbers of removed rows and files."""

    rows: int
    files: int
    thumbnails: int
    partial: int


async def sweep(
    database: Database, blobs: BlobStore, thumbnails: Thumbnails, grace_seconds: float
) -> Swept:
    """Heal rows, remove those deleted over a week ago, then files without one past the grace."""
    await database.write(heal)
    rows = await database.write(_remove_deleted_rows)
    # Listed before the rows are read: a later file is not compared with older rows.
    keys = await asyncio.to_thread(lambda: list(blobs.keys()))
    referenced = await database.read(_referenced)

    def remove() -> Swept:
        files = _remove_files(blobs, [key for key in keys if key not in referenced], grace_seconds)
        small = _remove_thumbnails(thumbnails, referenced)
        return Swept(rows, files, small, blobs.remove_partial(grace_seconds))

    return await asyncio.to_thread(remove)


def _remove_deleted_rows(connection: Connection) -> int:
    limit = timestamp(datetime.now(UTC) - KEEP_DELETED)
    return connection.execute(assets.delete().where(assets.c.deleted_at < limit)).rowcount


def _referenced(connection: Connection) -> frozenset[str]:
    kept = select(tasks.c.checkpoint).where(tasks.c.checkpoint.is_not(None))
    keys = union(select(assets.c.key), select(run_files.c.key), kept)
    return frozenset(connection.scalars(keys))


def _remove_files(blobs: BlobStore, keys: list[str], grace_seconds: float) -> int:
    limit, removed = time.time() - grace_seconds, 0
    for key in keys:
        stat = blobs.stat(key)
        if stat is not None and stat.modified <= limit:
            blobs.delete(key)
            removed += 1
    return removed


def _remove_thumbnails(thumbnails: Thumbnails, referenced: frozenset[str]) -> int:
    stale: list[Path] = [
        path
        for key, path in thumbnails.files()
        if key not in referenced or path.suffix == atomic.SUFFIX
    ]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)
