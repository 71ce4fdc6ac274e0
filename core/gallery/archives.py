"""Archives that were requested and wait for their download."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from core.errors import BadUpload, InvalidInput, NotFound
from core.gallery.archive import Archive, check_names
from core.gallery.curation import Choice, Curation
from core.gallery.gallery import Gallery
from core.gallery.items import GalleryItem
from core.store.assets import MAX_PER_PAGE, Assets
from core.store.export_options import WHOLE, ExportOptions

KEPT_SECONDS = 600.0
MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class PendingArchive:
    """A requested archive. `bytes` is the size of its images."""

    token: str
    ids: Sequence[str]
    bytes: int
    template: str
    licences: bool
    options: ExportOptions
    until: float


class Archives:
    """The archives of one studio. Used from one event loop."""

    def __init__(self, gallery: Gallery, curation: Curation, assets: Assets) -> None:
        self._gallery = gallery
        self._curation = curation
        self._assets = assets
        self._pending: dict[str, PendingArchive] = {}

    async def request(
        self,
        choice: Choice,
        template: str | None = None,
        *,
        licences: bool = True,
        options: ExportOptions = WHOLE,
    ) -> PendingArchive:
        """Prepare the download of images, for ten minutes. Raises `InvalidInput`."""
        names = check_names(template)
        ids, size = await self._curation.sized(choice)
        if not ids:
            raise InvalidInput("There is no image to download.", field="ids")
        now = time.monotonic()
        kept = [archive for archive in self._pending.values() if archive.until > now]
        self._pending = {archive.token: archive for archive in kept[1 - MOST_KEPT :]}
        token = secrets.token_urlsafe(24)
        archive = PendingArchive(token, ids, size, names, licences, options, now + KEPT_SECONDS)
        self._pending[token] = archive
        return archive

    def find(self, token: str) -> PendingArchive:
        """A requested archive. Raises `NotFound` for an unknown or an old one."""
        archive = self._pending.get(token)
        if archive is None or archive.until < time.monotonic():
            raise NotFound("This download is over.", fix="Request the archive again.")
        return archive

    async def stream(self, pending: PendingArchive) -> AsyncIterator[bytes]:
        """Iterate over the bytes of the zip; one image is in memory at a time."""
        archive = Archive(pending.template, licences=pending.licences)
        for start in range(0, len(pending.ids), MAX_PER_PAGE):
            for item in await self._gallery.items(pending.ids[start : start + MAX_PER_PAGE]):
                data = await self._data(item, pending.options)
                yield await asyncio.to_thread(archive.add, item, data)
        yield archive.finish()

    async def _data(self, item: GalleryItem, options: ExportOptions) -> bytes | None:
        """The file of an image; None for one that is gone, or cannot be copied."""
        try:
            return await self._assets.export(item.asset, options)
        except (NotFound, BadUpload):
            return None
