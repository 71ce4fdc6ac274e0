"""The gallery in this process: the methods of `RemoteGallery` on the services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.gallery.curation import Choice
from core.gallery.filters import FACETS, GalleryFilter, SortOrder
from core.gallery.sources import in_folder
from core.store.annotations import Annotations
from core.store.export_options import ExportOptions
from core.studio.gallery_records import duplicate_records, image_record
from core.studio.services import Services

Filter = Mapping[str, Any]
_FIELDS = {"from": "from_date", "to": "to_date"}


class LocalGallery:
    """The images of a studio in this process."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def page(
        self, wanted: Filter, sort: SortOrder, limit: int, offset: int
    ) -> list[dict[str, Any]]:
        """Images of a filter."""
        page = await self._services.images.gallery.page(
            _filter(wanted), sort, limit, cursor=None, offset=offset
        )
        return [image_record(item) for item in page.items]

    async def image(self, asset_id: str) -> dict[str, Any]:
        """One image with all its metadata."""
        item = await self._services.images.gallery.find(asset_id)
        asset = await self._services.assets.with_metadata(item.asset)
        return image_record(replace(item, asset=asset))

    async def annotate(
        self, ids: Sequence[str], changes: Annotations, added: Sequence[str], removed: Sequence[str]
    ) -> int:
        """Change annotations; return the number of images."""
        return await self._services.images.curation.annotate(Choice(ids), changes, added, removed)

    async def trash(self, ids: Sequence[str]) -> int:
        """Move images to the trash; return their number."""
        return await self._services.images.curation.trash(Choice(ids))

    async def restore(self, ids: Sequence[str]) -> int:
        """Bring images back from the trash; return their number."""
        return await self._services.images.curation.restore(Choice(ids))

    async def duplicates(
        self, wanted: Filter, distance: int, limit: int
    ) -> list[Mapping[str, Any]]:
        """Groups of images that are the same or look alike."""
        await self._services.images.analysis.catch_up()
        page = await self._services.images.gallery.duplicates(_filter(wanted), distance, limit)
        return duplicate_records(page)

    async def archive(
        self, ids: Sequence[str] | None, wanted: Filter, options: ExportOptions
    ) -> AsyncIterator[bytes]:
        """The bytes of a zip of images, by their ids or of a filter."""
        choice = Choice(ids, _filter(wanted))
        archives = self._services.images.archives
        async for part in archives.stream(await archives.request(choice, options=options)):
            yield part

    async def import_folder(self, folder: Path) -> dict[str, Any]:
        """Import the images below a folder with their metadata; return the ended import."""
        sources = await asyncio.to_thread(in_folder, folder)
        record = self._services.images.imports.start(sources)
        return (await self._services.images.imports.wait(record.id)).public()


def _filter(wanted: Filter) -> GalleryFilter:
    """The filter of names as REST has them."""
    renamed = {_FIELDS.get(name, name): value for name, value in wanted.items()}
    lists = {
        name: (value,) if isinstance(value, str) else tuple(value)
        for name, value in renamed.items()
        if name in FACETS
    }
    return GalleryFilter(**{**renamed, **lists})
