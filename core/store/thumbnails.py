"""Thumbnails: small WebP images, made on first use and cached on disk by the key of the blob."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from core.errors import BadUpload, NotFound, TooLarge
from core.store import atomic
from core.store.faults import storage_error

SIDE = 256
FORMATS = ("PNG", "WEBP", "JPEG")
MAX_PIXELS = 150_000_000
_QUALITY = 80


class Thumbnails:
    """Thumbnails in a folder. Its methods block: call them in a thread."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def make(self, key: str, open_image: Callable[[], BinaryIO]) -> Path:
        """Return the thumbnail file for `key`, made from the image on first use.

        Raises `NotFound` for a missing image, `BadUpload` for an unreadable one.
        """
        target = self._path(key)
        if target.exists():
            return target
        try:
            with open_image() as source:
                atomic.write_bytes(target, _scaled(source), durable=False)
        except FileNotFoundError:
            raise NotFound("The image file is gone.") from None
        except OSError as error:
            raise storage_error(error) from error
        return target

    def files(self) -> Iterator[tuple[str, Path]]:
        """Iterate over keys and files of all thumbnails, unfinished ones too."""
        for path in self._root.glob("??/*"):
            yield path.name.partition(".")[0], path

    def _path(self, key: str) -> Path:
        return self._root / key[:2] / f"{key}.webp"


def _scaled(source: BinaryIO) -> bytes:
    from PIL import Image  # here, so that the server starts without it

    try:
        with Image.open(source, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise TooLarge("The picture is too large for a thumbnail.")
            image.thumbnail((SIDE, SIDE))
            mode = "RGBA" if image.has_transparency_data else "RGB"
            buffer = BytesIO()
            image.convert(mode).save(buffer, "WEBP", quality=_QUALITY, method=2)
            return buffer.getvalue()
    except TooLarge:
        raise
    except Exception:  # noqa: BLE001 (decoders fail in many ways on damaged bytes)
        raise BadUpload("The file cannot be read as a picture.") from None
