"""The decoder processes of a studio: one for uploads, one for thumbnails.

One image of the largest size takes about 210 MB (a WebP, which may have fewer pixels, 290), so each
process decodes one at a time, and work that nobody waits for never decodes beside an upload.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import NotFound
from core.store import atomic
from core.store.decoding.decoder import Decoder
from core.store.decoding.scratch import Scratch, ScratchFile
from core.store.export_options import ExportOptions
from core.store.faults import storage_error
from core.store.limits import UploadLimits

UPLOAD_SECONDS = 30.0
THUMBNAIL_SECONDS = 20.0


class Decoders:
    """Decode in processes that start with the first image and can be killed at any moment."""

    def __init__(self, folder: Path, identity_dir: Path | None = None) -> None:
        """`folder`: for files on their way to the processes and back. `identity_dir`: the data
        folder whose identity signs uploads that carry C2PA manifests; None signs none."""
        self._identity_dir = identity_dir
        self._scratch = Scratch(folder)
        self._uploads = _Lane("uploads", UPLOAD_SECONDS)
        self._thumbnails = _Lane("thumbnails", THUMBNAIL_SECONDS)
        # Held while an upload is decoded, and by work in the background.
        self.between_uploads = asyncio.Lock()

    async def keep(self, content: bytes | BinaryIO) -> ScratchFile:
        """Write an upload to a file, which waits there instead of in memory."""
        return await asyncio.to_thread(self._scratch.write, content)

    async def decode_upload(
        self, source: ScratchFile, limits: UploadLimits, name: str
    ) -> tuple[ScratchFile, dict[str, Any]]:
        """Convert an upload to PNG; also return what an asset holds of it.

        `name` is the field of errors. Raises `BadUpload`, `TooLarge`, `StorageUnavailable`.
        """
        target = await asyncio.to_thread(self._scratch.reserve)
        async with self.between_uploads:
            description = await self._uploads.run(
                "upload",
                source=str(source.path),
                target=str(target.path),
                max_bytes=limits.max_bytes,
                max_pixels=limits.max_pixels,
                name=name,
                data_dir=str(self._identity_dir) if self._identity_dir else None,
            )
        return target, description

    async def rewrite(self, source: Path, target: Path, side: int | None) -> None:
        """Write an image anew: see `core.store.decoding.rewriting`. Raises as `decode_upload`."""
        async with self.between_uploads:
            await self._uploads.run("rewrite", source=str(source), target=str(target), side=side)

    async def verify(self, source: ScratchFile, limits: UploadLimits, name: str) -> dict[str, Any]:
        """The claims of an image: see `core.provenance.verification`. Raises as `decode_upload`."""
        return await self._uploads.run(
            "verify",
            source=str(source.path),
            max_bytes=limits.max_bytes,
            max_pixels=limits.max_pixels,
            name=name,
            data_dir=str(self._identity_dir) if self._identity_dir else None,
        )

    async def export(
        self, open_image: Callable[[], BinaryIO], options: ExportOptions
    ) -> ScratchFile:
        """A copy of a stored image with the parts that `options` keep.

        Raises `NotFound`, `BadUpload`, also where it cannot be signed.
        """
        source = await asyncio.to_thread(self._copy, open_image)
        target = await asyncio.to_thread(self._scratch.reserve)
        await self._thumbnails.run(
            "export",
            source=str(source.path),
            target=str(target.path),
            metadata=options.metadata,
            provenance=options.provenance,
            data_dir=str(self._identity_dir) if self._identity_dir else None,
        )
        return target

    async def make_thumbnail(self, target: Path, open_image: Callable[[], BinaryIO]) -> None:
        """Write a thumbnail to `target`. Raises `NotFound`, `BadUpload`, `TooLarge`."""
        source = await asyncio.to_thread(self._copy, open_image)
        scratch = await asyncio.to_thread(self._scratch.reserve)
        await self._thumbnails.run("thumbnail", source=str(source.path), target=str(scratch.path))
        await asyncio.to_thread(atomic.move, scratch.path, target, durable=False)

    async def analyse(self, thumbnail: Path) -> dict[str, Any]:
        """The `colours` and the `likeness` of a thumbnail, as its modules here return them.

        Raises `BadUpload`, `NotFound`.
        """
        return await self._thumbnails.run("analyse", source=str(thumbnail))

    async def measure(self, thumbnail: Path) -> dict[str, Any]:
        """The statistics of a thumbnail: see `core.store.decoding.statistics`. Raises as above."""
        return await self._thumbnails.run("measure", source=str(thumbnail))

    async def compare(
        self, first: Callable[[], BinaryIO], second: Callable[[], BinaryIO]
    ) -> dict[str, Any] | None:
        """The pixel difference of two images as `pixel_difference` returns it.

        Raises `NotFound`, `BadUpload`, `TooLarge`.
        """
        copies = [await asyncio.to_thread(self._copy, open_image) for open_image in (first, second)]
        paths = [str(copy.path) for copy in copies]
        return await self._thumbnails.run("compare", first=paths[0], second=paths[1]) or None

    async def measure_file(self, open_image: Callable[[], BinaryIO]) -> dict[str, Any]:
        """The measures of an image: see `core.store.decoding.measures`.

        Raises `NotFound`, `BadUpload`.
        """
        source = await asyncio.to_thread(self._copy, open_image)
        return await self._thumbnails.run("measure_file", source=str(source.path))

    def sweep(self, older_than_seconds: float) -> None:
        """Remove files of dead processes."""
        self._scratch.sweep(older_than_seconds)

    def close(self) -> None:
        """Kill the processes, whatever they decode."""
        self._uploads.close()
        self._thumbnails.close()

    def _copy(self, open_image: Callable[[], BinaryIO]) -> ScratchFile:
        try:
            with open_image() as file:
                return self._scratch.write(file)
        except FileNotFoundError:
            raise NotFound("The image file is gone.") from None
        except OSError as error:
            raise storage_error(error) from error


class _Lane:
    """A decoder, and the thread that waits for it."""

    def __init__(self, name: str, seconds: float) -> None:
        self._decoder = Decoder(seconds)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, job: str, **arguments: Any) -> dict[str, Any]:
        work = partial(self._decoder.run, job, **arguments)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        self._decoder.close()
        self._thread.shutdown(cancel_futures=True)
