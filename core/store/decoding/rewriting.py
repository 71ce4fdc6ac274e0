"""Images written anew: upright, in sRGB, perhaps smaller and in another format.

Runs in a decoder process, or where the files are trusted.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from core.errors import BadUpload
from core.store.colours import to_srgb
from core.store.structure import TooComplex, check_structure

READABLE = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")


def upright(path: Path, formats: tuple[str, ...] = READABLE) -> Image.Image:
    """The image of a file as it was held: RGB, or RGBA where something is transparent.

    Raises `BadUpload` for a damaged one.
    """
    try:
        check_structure(path.read_bytes())
        with Image.open(path, formats=formats) as image:
            image.load()
            return to_srgb(ImageOps.exif_transpose(image))[0]
    except (TooComplex, Image.DecompressionBombError) as error:
        raise BadUpload(str(error)) from error
    except Exception as error:  # decoders fail in many ways on damaged bytes
        raise BadUpload("The image is damaged or cut off.") from error


def rewrite(source: Path, target: Path, side: int | None = None) -> None:
    """Write an image in the format of the target's ending, PNG for an unknown one.

    `side`: pixels that neither side exceeds. Raises `BadUpload`, `OSError`.
    """
    image = upright(source)
    if side is not None:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
    ending = target.suffix.lower()
    if ending in (".jpg", ".jpeg"):
        image.convert("RGB").save(target, "JPEG", quality=95)
    else:
        image.save(target, "WEBP" if ending == ".webp" else "PNG")
