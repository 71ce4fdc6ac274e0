"""Small WebP pictures, made when first asked for and kept on disk by the content's key."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from core.errors import BadUpload, NotFound, TooLarge
from core.store import atomic
from core.store.faults import plain_os_error

SIDE = 256
FORMATS = ("PNG", "WEBP", "JPEG")
MAX_PIXELS = 150_000_000
_QUALITY = 80


class Thumbnails:
    """Thumbnails in a folder. Blocks: call it in a thread."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def make(self, key: str, source: Path) -> Path:
        """The thumbnail of the picture `source`, whose key is `key`.

        Raises `NotFound` where the file is gone, `BadUpload` where it is no readable picture.
        """
        target = self._path(key)
        if target.exists():
            return target
        try:
            atomic.write_bytes(target, _draw(source), durable=False)
        except OSError as error:
            raise plain_os_error(error) from error
        return target

    def files(self) -> Iterator[tuple[str, Path]]:
        """The key and the file of each thumbnail, unfinished ones too."""
        for path in self._root.glob("??/*"):
            yield path.name.partition(".")[0], path

    def _path(self, key: str) -> Path:
        return self._root / key[:2] / f"{key}.webp"


def _draw(source: Path) -> bytes:
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
    except FileNotFoundError:
        raise NotFound("The file of this asset is gone.") from None
    except TooLarge:
        raise
    except Exception:  # noqa: BLE001 (decoders fail in many ways on damaged bytes)
        raise BadUpload("The file cannot be read as a picture.") from None
