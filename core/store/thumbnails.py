"""Thumbnails: small WebP images, made on first use and cached on disk by the key of the blob."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from core.store.decoding.decoders import Decoders


class Thumbnails:
    """Thumbnails in a folder."""

    def __init__(self, root: Path, decoders: Decoders) -> None:
        self._root = root
        self._decoders = decoders

    async def make(self, key: str, open_image: Callable[[], BinaryIO]) -> Path:
        """Return the thumbnail file for `key`, made from the image on first use.

        Raises `NotFound` for a missing image, `BadUpload` for an unreadable one.
        """
        target = self._root / key[:2] / f"{key}.webp"
        if not await asyncio.to_thread(target.exists):
            await self._decoders.make_thumbnail(target, open_image)
        return target

    def remove(self, key: str) -> None:
        """Remove the thumbnail of a key; a missing one is no error."""
        (self._root / key[:2] / f"{key}.webp").unlink(missing_ok=True)

    def files(self) -> Iterator[tuple[str, Path]]:
        """Iterate over keys and files of all thumbnails, unfinished ones too."""
        for path in self._root.glob("??/*"):
            yield path.name.partition(".")[0], path
