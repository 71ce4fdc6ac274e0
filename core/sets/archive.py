"""A batch as a zip: its images, their snapshots, a manifest and the licences."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from core.errors import BadUpload, NotFound
from core.gallery.gallery import Gallery
from core.gallery.licences import LICENCES, LicenceList
from core.sets.batch import Batch
from core.sets.batch_rows import BatchRow, Variant
from core.sets.batches import Batches
from core.store.assets import Assets
from core.store.export_options import WHOLE, ExportOptions
from core.store.metadata import read_metadata
from core.store.zip_stream import ZipStream, inert_cell

MANIFEST = "manifest"
FORMAT = "qpyt.batch/1"
Entry = dict[str, Any]
_PRIVATE = ("prompt", "seed")  # of a row, in the manifest of an export without metadata


class BatchArchives:
    """The zips of batches."""

    def __init__(self, batches: Batches, gallery: Gallery, assets: Assets) -> None:
        self._batches = batches
        self._gallery = gallery
        self._assets = assets

    async def name(self, batch_id: str) -> str:
        """The file name of the zip of a batch. Raises `NotFound`."""
        return f"{(await self._batches.get(batch_id)).folder}.zip"

    async def stream(
        self, batch_id: str, *, variants: bool = False, options: ExportOptions = WHOLE
    ) -> AsyncIterator[bytes]:
        """Begin the zip of a batch; one image is in memory at a time. Raises `NotFound`.

        It holds the chosen image of each row, with `variants` all of them; the snapshot of each
        beside it; the manifest as JSON and CSV, which lists rows without an image too; and the
        licences of the images. Without metadata there are no snapshots, and the manifest has no
        prompt, theme, seed or parameter.
        """
        batch = await self._batches.get(batch_id)
        rows = await self._batches.rows(batch_id)
        return self._parts(batch, rows, variants, options)

    async def _parts(
        self, batch: Batch, rows: Sequence[BatchRow], variants: bool, options: ExportOptions
    ) -> AsyncIterator[bytes]:
        archive = ZipStream()
        entries: list[Entry] = []
        licences = LicenceList()
        for row, variant in _contents(rows, variants):
            entry = _entry(row, variant)
            if variant is not None:
                await self._add(archive, variant, entry, licences, options)
            entries.append(entry if options.metadata else _without(entry, _PRIVATE))
            yield archive.take()
        archive.add(f"{MANIFEST}.json", _json(batch, entries, options))
        archive.add(f"{MANIFEST}.csv", _csv(entries))
        if len(licences):
            archive.add(LICENCES, licences.csv())
        yield archive.finish()

    async def _add(
        self,
        archive: ZipStream,
        variant: Variant,
        entry: Entry,
        licences: LicenceList,
        options: ExportOptions,
    ) -> None:
        """Add an image and its snapshot; an entry whose file is gone says `missing`."""
        try:
            item = await self._gallery.find(variant.asset_id)
            data = await self._assets.export(item.asset, options)
        except (NotFound, BadUpload):
            entry.update(status="missing", file=None)
            return
        stem, _, ending = variant.file_name.rpartition(".")
        name = archive.free_name(stem, ending)
        asset = item.asset
        archive.add(name, data)
        licences.add(name, item)
        entry.update(file=name, width=asset.width, height=asset.height, sha256=_sha256(data))
        if options.metadata:
            entry["sidecar"] = f"{name.removesuffix(f'.{ending}')}.json"
            snapshot = read_metadata(data).get("qpyt") or {}
            archive.add(entry["sidecar"], json.dumps(snapshot, ensure_ascii=False, indent=1))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _without(values: Entry, names: Sequence[str]) -> Entry:
    return {name: value for name, value in values.items() if name not in names}


def _contents(
    rows: Sequence[BatchRow], variants: bool
) -> Iterator[tuple[BatchRow, Variant | None]]:
    """The images of each row; None for a row without one."""
    for row in rows:
        if variants and row.variants:
            yield from ((row, variant) for variant in row.variants)
        else:
            yield row, row.chosen


def _entry(row: BatchRow, variant: Variant | None) -> Entry:
    newest = row.newest
    params = variant.params if variant else newest.params if newest else {}
    return {
        "row": row.key,
        "status": "completed" if variant else newest.status.value if newest else "missing",
        "chosen": variant is not None and variant == row.chosen,
        "file": variant.file_name if variant else None,
        "sidecar": None,
        "width": None,
        "height": None,
        "prompt": params.get("prompt", ""),
        "seed": params.get("seed"),
        "asset_id": variant.asset_id if variant else None,
        "task_id": variant.task_id if variant else newest.id if newest else None,
        "sha256": None,
    }


def _json(batch: Batch, entries: Sequence[Entry], options: ExportOptions) -> str:
    manifest: Entry = {
        "format": FORMAT,
        "batch": batch.id,
        "set": batch.set_id,
        "name": batch.name,
        "theme": batch.theme,
        "seed": batch.seed,
        "folder": batch.folder,
        "created_at": batch.created_at,
        "params": dict(batch.params),
        "rows": list(entries),
    }
    if not options.metadata:
        manifest = _without(manifest, ("theme", "seed", "params"))
    return json.dumps(manifest, ensure_ascii=False, indent=1)


def _csv(entries: Sequence[Entry]) -> str:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(entries[0] if entries else [])
    for entry in entries:
        writer.writerow(inert_cell("" if v is None else str(v)) for v in entry.values())
    return table.getvalue()
