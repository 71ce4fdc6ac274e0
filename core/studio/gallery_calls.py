"""The gallery in the Python API: search, annotate, trash, export, import, find duplicates.

A selection names filters as REST does: `q`, `model`, `rating`, `tag`, `colour`, `min_rating`,
`favourite`, `from` (in `**{"from": …}`), `deleted` …; lists are alternatives or what must be there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from core.gallery.filters import SortOrder
from core.gallery.likeness import DEFAULT_DISTANCE
from core.store.export_options import ExportOptions
from core.studio.local import LocalBackend
from core.studio.remote import RemoteBackend

T = TypeVar("T")


class AsyncGalleryCalls:
    """The methods on images for asyncio programs."""

    @property
    def backend(self) -> LocalBackend | RemoteBackend:
        """The backend, in this process or remote."""
        raise NotImplementedError

    async def images(
        self, *, sort: SortOrder = "newest", limit: int = 50, offset: int = 0, **selection: Any
    ) -> list[dict[str, Any]]:
        """Images of a selection, newest first or in another order, up to `limit` (1 to 200)."""
        return await self.backend.gallery.page(_given(selection), sort, limit, offset)

    async def image(self, asset_id: str) -> dict[str, Any]:
        """One image with its metadata, also from the trash. Raises `NotFound`."""
        return await self.backend.gallery.image(asset_id)

    async def rate_images(self, ids: Sequence[str], rating: int) -> int:
        """Give images 0 to 5 stars; return their number."""
        return await self.backend.gallery.annotate(ids, {"rating": rating}, (), ())

    async def tag_images(
        self, ids: Sequence[str], add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> int:
        """Add and remove tags of images; return their number."""
        return await self.backend.gallery.annotate(ids, {}, add, remove)

    async def trash_images(self, ids: Sequence[str]) -> int:
        """Move images to the trash; return their number."""
        return await self.backend.gallery.trash(ids)

    async def restore_images(self, ids: Sequence[str]) -> int:
        """Bring images back from the trash; return their number."""
        return await self.backend.gallery.restore(ids)

    async def duplicates(
        self, distance: int = DEFAULT_DISTANCE, limit: int = 100, **selection: Any
    ) -> list[Mapping[str, Any]]:
        """Groups of images that are the same file or look alike: `{kind, members}`, the best first;
        each member has its `distance` from the best, at most `distance` (0 to 10)."""
        return await self.backend.gallery.duplicates(_given(selection), distance, limit)

    async def export_images(
        self,
        file: str | Path,
        ids: Sequence[str] | None = None,
        *,
        metadata: bool = True,
        provenance: bool = True,
        **selection: Any,
    ) -> Path:
        """Write images and their licences to a zip; those of a selection without `ids`.

        Without `metadata` the files have no prompt, settings or workflow; without `provenance` no
        source type and no C2PA manifest.
        """
        target, options = Path(file), ExportOptions(metadata, provenance)
        with await asyncio.to_thread(target.open, "wb") as out:
            async for part in self.backend.gallery.archive(ids, _given(selection), options):
                await asyncio.to_thread(out.write, part)
        return target

    async def import_images(self, folder: str | Path) -> dict[str, Any]:
        """Import the images below a folder of this machine with their metadata and dates; return
        `added`, `duplicates`, `failed`, `total`. Raises `InvalidInput`."""
        return await self.backend.gallery.import_folder(Path(folder))


class GalleryCalls:
    """The methods on images for scripts and notebooks."""

    _inner: AsyncGalleryCalls

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of the async API and wait for it."""
        raise NotImplementedError

    def images(self, **selection: Any) -> list[dict[str, Any]]:
        """See `AsyncStudio.images`."""
        return self.call(self._inner.images(**selection))

    def image(self, asset_id: str) -> dict[str, Any]:
        """See `AsyncStudio.image`."""
        return self.call(self._inner.image(asset_id))

    def rate_images(self, ids: Sequence[str], rating: int) -> int:
        """See `AsyncStudio.rate_images`."""
        return self.call(self._inner.rate_images(ids, rating))

    def tag_images(
        self, ids: Sequence[str], add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> int:
        """See `AsyncStudio.tag_images`."""
        return self.call(self._inner.tag_images(ids, add, remove))

    def trash_images(self, ids: Sequence[str]) -> int:
        """See `AsyncStudio.trash_images`."""
        return self.call(self._inner.trash_images(ids))

    def restore_images(self, ids: Sequence[str]) -> int:
        """See `AsyncStudio.restore_images`."""
        return self.call(self._inner.restore_images(ids))

    def duplicates(
        self, distance: int = DEFAULT_DISTANCE, limit: int = 100, **selection: Any
    ) -> list[Mapping[str, Any]]:
        """See `AsyncStudio.duplicates`."""
        return self.call(self._inner.duplicates(distance, limit, **selection))

    def export_images(
        self, file: str | Path, ids: Sequence[str] | None = None, **selection: Any
    ) -> Path:
        """See `AsyncStudio.export_images`."""
        return self.call(self._inner.export_images(file, ids, **selection))

    def import_images(self, folder: str | Path) -> dict[str, Any]:
        """See `AsyncStudio.import_images`."""
        return self.call(self._inner.import_images(folder))


def _given(selection: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that narrow."""
    return {name: value for name, value in selection.items() if value not in (None, "", [], ())}
