"""Assets: stored files with their rows, which hold type, size, origin and annotations.

Several rows may share one file. A deleted row stays for a week, a file as long as any row or
checkpoint names it; the sweep at start removes the rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Unpack

from core.errors import NotFound
from core.identifiers import continue_after, id_at
from core.store.annotations import Annotations, annotate
from core.store.asset_rows import (
    Asset,
    asset_of_key,
    find_asset,
    hide_asset,
    insert_asset,
    new_asset,
    newest_id,
    set_replay,
)
from core.store.blobs import Blob, BlobStore
from core.store.clock import timestamp
from core.store.data_uri import decode_data_uri
from core.store.database import Database
from core.store.decoding.decoders import Decoders
from core.store.decoding.scratch import ScratchFile
from core.store.export_options import WHOLE, ExportOptions
from core.store.limits import UploadLimits, too_many_bytes
from core.store.lineage import ParentAsset, children_of, parents_of
from core.store.svg_metadata import without_metadata
from core.store.sweep import Swept, sweep
from core.store.thumbnails import Thumbnails

OnChange = Callable[[Asset, str], None]
MAX_PER_PAGE = 200
IMPORTED = "import"
"""The port of an asset that was imported."""
YOUNG_SECONDS = 600.0
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """An accepted image that is not stored yet: the future asset, and the file."""

    asset: Asset
    png: ScratchFile


class Assets:
    """The assets of one studio."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        thumbnails_dir: Path,
        decoders: Decoders,
        limits: UploadLimits = UploadLimits(),  # noqa: B008 (frozen)
        on_change: OnChange = lambda asset, change: None,
    ) -> None:
        """Call `on_change` after each commit, with `created`, `changed` or `deleted`.

        It runs on the caller's event loop. Rows that other transactions write (`insert_asset`) are
        reported by those.
        """
        self.blobs = blobs
        self._on_change = on_change
        self._database = database
        self._thumbnails = Thumbnails(thumbnails_dir, decoders)
        self.decoders = decoders
        self.limits = limits

    async def add(self, asset: Asset) -> Asset:
        """Add the row of an asset whose file is stored."""
        await self._database.write(lambda connection: insert_asset(connection, asset))
        self._on_change(asset, "created")
        return asset

    async def upload(
        self,
        data: bytes | BinaryIO,
        *,
        field: str = "file",
        kind: str = "image",
        name: str | None = None,
    ) -> Asset:
        """Check, convert and store an image. Raises `BadUpload`, `TooLarge`, `StorageFull`."""
        pending = await self._decode(data, field, kind, name)
        await self.put([pending])
        return await self.add(pending.asset)

    async def keep(self, content: bytes | BinaryIO) -> ScratchFile:
        """Write a file to the disk until it is decoded; it goes with the object."""
        return await self.decoders.keep(content)

    async def import_file(
        self, data: BinaryIO, name: str, date: datetime | None
    ) -> tuple[Asset, bool]:
        """Store an existing image under its own date, and return it with True.

        The date in its metadata precedes `date`; without one, it is new. An image that is stored
        already is returned with False. Raises as `upload`.
        """
        pending = await self._decode(data, "file", "image", name)
        known = await self._database.read(lambda c: asset_of_key(c, pending.asset.key))
        if known is not None:
            return known, False
        await self.put([pending])
        asset = replace(pending.asset, port=IMPORTED)
        if (moment := _made_at(asset.metadata) or date) and moment < datetime.now(UTC):
            asset = replace(asset, id=id_at(moment), created_at=timestamp(moment))
        return await self.add(asset), True

    async def metadata_of(self, data: bytes) -> dict[str, Any]:
        """The metadata of an image file, that in its pixels included; nothing is stored.

        Raises as `upload`.
        """
        return dict((await self._decode(data, "file", "image", None)).asset.metadata)

    async def verify(self, data: bytes | BinaryIO, *, field: str = "file") -> dict[str, Any]:
        """The claims of an image file: see `core.provenance.verification`. Raises as `upload`."""
        source = await self.decoders.keep(data)
        return await self.decoders.verify(source, self.limits, field)

    async def verify_data_uri(self, text: str, *, field: str = "data") -> dict[str, Any]:
        """As `verify`, of an image sent as `data:image/…;base64,…`."""
        return await self.verify(await self._read_data_uri(text, field), field=field)

    async def verify_stored(self, asset_id: str) -> dict[str, Any]:
        """As `verify`, of a stored image. Raises `NotFound`, for assets that are no images too."""
        asset = await self.get(asset_id)
        if not asset.raster:
            raise NotFound(f"A {asset.kind} has no provenance.")
        with await asyncio.to_thread(self.blobs.open, asset.key) as file:
            return await self.verify(file)

    async def upload_data_uri(
        self, text: str, *, field: str = "data", kind: str = "image"
    ) -> Asset:
        """Store an image sent as `data:image/…;base64,…`; otherwise as `upload`."""
        data = await self._read_data_uri(text, field)
        return await self.upload(data, field=field, kind=kind)

    async def decode_upload(self, text: str, *, field: str) -> PendingUpload:
        """Check and convert an image `data:image/…;base64,…` of a request; store nothing.

        `put` stores the file, and `insert_asset` the row in the transaction of the request.
        Raises `BadUpload`, `TooLarge`.
        """
        return await self._decode(await self._read_data_uri(text, field), field, "image", None)

    async def put(self, uploads: Iterable[PendingUpload]) -> None:
        """Store the files; a sweep removes those that get no row."""
        for pending in uploads:
            await asyncio.to_thread(self.blobs.put_file, pending.png.path)

    async def get(self, asset_id: str, *, deleted: bool = False) -> Asset:
        """Read an asset. Raises `NotFound`, for a deleted one too unless `deleted` allows it."""
        return await self._database.read(
            lambda connection: find_asset(connection, asset_id, deleted=deleted)
        )

    async def with_metadata(self, asset: Asset) -> Asset:
        """The asset with all its metadata.

        An upload has its metadata in the row, a result in the file.
        """
        from core.store.metadata import read_metadata

        if asset.task_id is None or not asset.raster:
            return asset

        def metadata() -> Mapping[str, Any]:
            with suppress(NotFound), self.blobs.open(asset.key) as file:
                return {**read_metadata(file.read()), **asset.metadata}
            return asset.metadata

        return replace(asset, metadata=await asyncio.to_thread(metadata))

    async def annotate(self, asset_id: str, **changes: Unpack[Annotations]) -> Asset:
        """Change annotations; those not named stay. Raises `NotFound`, `InvalidInput`."""
        asset = await self._database.write(
            lambda connection: annotate(connection, asset_id, changes)
        )
        self._on_change(asset, "changed")
        return asset

    async def set_replay(self, asset_id: str, report: Mapping[str, Any]) -> None:
        """Keep the report of the last replay of an asset. Raises `NotFound`."""
        asset = await self._database.write(
            lambda connection: set_replay(connection, asset_id, report)
        )
        self._on_change(asset, "changed")

    async def with_key(self, key: str) -> Asset | None:
        """Read the newest asset of a file; None where none has it."""
        return await self._database.read(lambda connection: asset_of_key(connection, key))

    async def parents_of(self, asset_id: str) -> tuple[ParentAsset, ...]:
        """Read the assets that an asset was made from, in the order of its task's inputs."""
        return await self._database.read(lambda connection: parents_of(connection, asset_id))

    async def children_of(self, asset_id: str) -> tuple[Asset, ...]:
        """Read the assets that were made from an asset, newest first."""
        return await self._database.read(lambda connection: children_of(connection, asset_id))

    async def delete(self, asset_id: str) -> None:
        """Hide the asset; a later sweep removes its file. Raises `NotFound`."""
        asset = await self._database.write(lambda connection: hide_asset(connection, asset_id))
        self._on_change(asset, "deleted")

    async def thumbnail(self, asset_id: str) -> Path:
        """Return a WebP file of at most 256 pixels a side.

        Raises `NotFound` (also for assets that are no images), `BadUpload` for a damaged file.
        """
        asset = await self.get(asset_id, deleted=True)
        if not asset.raster:
            raise NotFound(f"There is no thumbnail of a {asset.kind}.")
        open_image = partial(self.blobs.open, asset.key)
        return await self._thumbnails.make(asset.key, open_image)

    async def analyse(self, asset_id: str) -> dict[str, Any]:
        """The `colours` and the `likeness` of an image, from its thumbnail. Raises as those."""
        async with self.decoders.between_uploads:
            return await self.decoders.analyse(await self.thumbnail(asset_id))

    async def statistics(self, asset_id: str) -> dict[str, Any]:
        """The `style` and the `subject` of an image, from its thumbnail. Raises as `thumbnail`."""
        return await self.decoders.measure(await self.thumbnail(asset_id))

    async def export(self, asset: Asset, options: ExportOptions = WHOLE) -> bytes:
        """The bytes of an asset for others: an image with the parts that `options` keep.

        Raises `NotFound` without its file, `BadUpload` for an image that cannot be copied.
        """

        def read() -> bytes:
            with self.blobs.open(asset.key) as file:
                return file.read()

        if options.whole or not asset.raster:
            data = await asyncio.to_thread(read)
            svg = asset.kind == "svg" and not options.metadata
            return without_metadata(data) if svg else data
        copy = await self.decoders.export(partial(self.blobs.open, asset.key), options)
        return await asyncio.to_thread(copy.path.read_bytes)

    async def remove_files(self, keys: Iterable[str]) -> None:
        """Remove files that no row names, and their thumbnails.

        Files younger than `YOUNG_SECONDS` stay for a later sweep: a row may be about to name them.
        """
        limit = time.time() - YOUNG_SECONDS

        def remove() -> None:
            for key in keys:
                stat = self.blobs.stat(key)
                if stat is None or stat.modified <= limit:
                    self.blobs.delete(key)
                    self._thumbnails.remove(key)

        await asyncio.to_thread(remove)

    async def pixel_difference(self, first: Asset, second: Asset) -> dict[str, Any] | None:
        """The difference between the pixels of two images: see `core.store.decoding.difference`.

        None for images of different sizes. Raises `NotFound`, `BadUpload` for a damaged file.
        """
        if (first.width, first.height) != (second.width, second.height):
            return None
        return await self.decoders.compare(
            partial(self.blobs.open, first.key), partial(self.blobs.open, second.key)
        )

    async def continue_ids(self) -> None:
        """Make new ids greater than those of stored assets, whatever the clock says."""
        continue_after(await self._database.read(newest_id))

    async def sweep(self, *, grace_seconds: float) -> Swept:
        """Remove unreferenced rows and files, at start.

        Files younger than `grace_seconds` stay: their rows may be about to be written.
        """
        await asyncio.to_thread(self.decoders.sweep, grace_seconds)
        return await sweep(self._database, self.blobs, self._thumbnails, grace_seconds)

    async def _read_data_uri(self, text: str, field: str) -> bytes:
        return await asyncio.to_thread(decode_data_uri, text, self.limits, name=field)

    async def _decode(
        self, data: bytes | BinaryIO, field: str, kind: str, file_name: str | None
    ) -> PendingUpload:
        source = await self.decoders.keep(data)
        if source.path.stat().st_size > self.limits.max_bytes:
            raise too_many_bytes(self.limits, field)
        png, description = await self.decoders.decode_upload(source, self.limits, field)
        asset = new_asset(
            Blob(description["key"], description["size"]),
            kind=kind,
            type="image/png",
            width=description["width"],
            height=description["height"],
            metadata=description["metadata"],
            name=_sanitize_name(file_name),
            warnings=tuple(description["warnings"]),
        )
        return PendingUpload(asset, png)


def _made_at(metadata: Mapping[str, Any]) -> datetime | None:
    """The time at which this studio made an image, by its metadata."""
    snapshot = metadata.get("qpyt")
    text = snapshot.get("created_at") if isinstance(snapshot, Mapping) else None
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def _sanitize_name(name: str | None) -> str | None:
    """A file name as a label: no folders, only printable characters. It never becomes a path."""
    if name is None:
        return None
    last = name.replace("\\", "/").rpartition("/")[2]
    return (
        "".join(character for character in last if character.isprintable())[:_LONGEST_NAME] or None
    )
