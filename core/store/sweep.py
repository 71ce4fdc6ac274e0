"""Removing what nobody refers to: rows deleted long ago, files without a row, half-written files.

Runs at start, before any worker: whatever is unreferenced then was left by a process that died.
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
from core.store.schema import assets, tasks
from core.store.thumbnails import Thumbnails

KEEP_DELETED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Swept:
    """How many of each were removed."""

    rows: int
    files: int
    thumbnails: int
    partial: int


async def sweep(
    database: Database, blobs: BlobStore, thumbnails: Thumbnails, grace_seconds: float
) -> Swept:
    """Remove rows deleted over a week ago, then files that no row names and `grace_seconds` old."""
    rows = await database.write(_forget_deleted)
    # Listed before the rows are read: a file that comes later is not judged by older rows.
    keys = await asyncio.to_thread(lambda: list(blobs.keys()))
    named = await database.read(_named)

    def remove() -> Swept:
        files = _remove_files(blobs, [key for key in keys if key not in named], grace_seconds)
        small = _remove_thumbnails(thumbnails, named)
        return Swept(rows, files, small, blobs.remove_partial(grace_seconds))

    return await asyncio.to_thread(remove)


def _forget_deleted(connection: Connection) -> int:
    limit = timestamp(datetime.now(UTC) - KEEP_DELETED)
    return connection.execute(assets.delete().where(assets.c.deleted_at < limit)).rowcount


def _named(connection: Connection) -> frozenset[str]:
    kept = select(tasks.c.checkpoint).where(tasks.c.checkpoint.is_not(None))
    return frozenset(connection.scalars(union(select(assets.c.key), kept)))


def _remove_files(blobs: BlobStore, keys: list[str], grace_seconds: float) -> int:
    limit, removed = time.time() - grace_seconds, 0
    for key in keys:
        found = blobs.stat(key)
        if found is not None and found.modified <= limit:
            blobs.delete(key)
            removed += 1
    return removed


def _remove_thumbnails(thumbnails: Thumbnails, named: frozenset[str]) -> int:
    stale: list[Path] = [
        path for key, path in thumbnails.files() if key not in named or path.suffix == atomic.SUFFIX
    ]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)
