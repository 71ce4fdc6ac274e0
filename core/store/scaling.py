"""Scaling of images to thumbnails. Runs in a decoder process."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from core.errors import BadUpload, TooLarge
from core.store.structure import TooComplex, check_structure

SIDE = 256
FORMATS = ("PNG", "WEBP", "JPEG")
MAX_PIXELS = 150_000_000
_QUALITY = 80


def scale(source: Path, target: Path) -> None:
    """Write a WebP of at most `SIDE` pixels a side. Raises `BadUpload`, `TooLarge`, `OSError`."""
    data = source.read_bytes()
    try:
        check_structure(data)
        with Image.open(source, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise TooLarge("The image is too large for a thumbnail.")
            image.thumbnail((SIDE, SIDE))
            mode = "RGBA" if image.has_transparency_data else "RGB"
            small = image.convert(mode)
    except TooLarge:
        raise
    except TooComplex as error:
        raise BadUpload(str(error)) from None
    except Exception:  # noqa: BLE001 (decoders fail in many ways on damaged bytes)
        raise BadUpload("The file cannot be read as an image.") from None
    small.save(target, "WEBP", quality=_QUALITY, method=2)
