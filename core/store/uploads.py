"""Uploaded images: checked and decoded. Runs in a decoder process.

The bytes alone decide the type; size and structure are checked before decoding. The pixels are
encoded anew, with the texts of generation tools alone, so nothing hidden in a file survives.
Accepted: PNG, JPEG, WebP, AVIF, GIF and BMP; not SVG (which holds programs) and TIFF (whose decoder
has a long list of vulnerabilities).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from core.errors import BadUpload, TooLarge
from core.store.bands import turned_to_srgb
from core.store.chunks import SIGNATURE, BrokenChunks, strip_metadata
from core.store.limits import UploadLimits as UploadLimits
from core.store.limits import too_many_bytes
from core.store.metadata import read_hidden, read_metadata
from core.store.structure import TooComplex, check_structure

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP")
LONGEST_SIDE = 32_768
_TYPES = {"MPO": "image/jpeg"}  # a JPEG with more images behind the first, as phones write it
_MOVING = ("GIF", "WEBP", "AVIF")
# The part of the limit of pixels: these decoders hold several copies of the whole image.
_PART_OF_PIXELS = {"WEBP": 0.3, "AVIF": 0.3}
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FIX = "Send a PNG, JPEG, WebP, AVIF, GIF or BMP image."

# Sizes are checked here and broken metadata is dropped: Pillow's warnings on stderr are noise.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, slots=True)
class Upload:
    """An accepted image: RGB or RGBA in sRGB, upright.

    `source_type` is the media type of the file that was sent; `metadata` is that of
    `read_metadata`; `warnings` are records `{code, field, detail}`.
    """

    image: Image.Image
    source_type: str
    metadata: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[dict[str, str], ...] = ()


def decode_upload(
    data: bytes, limits: UploadLimits, *, name: str = "file", folder: Path | None = None
) -> Upload:
    """Check and decode an uploaded image; errors name the field `name`.

    `folder` is for a temporary file of a large image. Raises `TooLarge` over a limit, `BadUpload`
    for anything that is not a whole image, `OSError` where the file cannot be written.
    """
    if not data:
        raise BadUpload("The file is empty.", field=name, fix=_FIX)
    if len(data) > limits.max_bytes:
        raise too_many_bytes(limits, name)
    try:
        check_structure(data)
    except TooComplex as error:
        raise BadUpload(
            str(error), field=name, fix="Save the image anew with another program."
        ) from None
    warned = _Warnings(name)
    clean = _without_metadata(data, warned)
    image = _opened(clean, warned)
    kind = str(image.format)
    _check_size(image, limits, name)
    rgb, problem = turned_to_srgb(_first_frame(image, warned), _turn(image), folder)
    if problem:
        warned.add("colour_profile_dropped", problem)
    metadata = read_metadata(data) or read_hidden(rgb)
    if metadata.get("omitted"):
        warned.add("metadata_dropped", "Some texts in the file are too long and were dropped.")
    return Upload(
        rgb,
        _TYPES.get(kind, f"image/{kind.lower()}"),
        metadata,
        tuple(warned.records),
    )


class _Warnings:
    """Warnings about one field."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.records: list[dict[str, str]] = []

    def add(self, code: str, detail: str) -> None:
        self.records.append({"code": code, "field": self.name, "detail": detail})


def _without_metadata(data: bytes, warned: _Warnings) -> bytes:
    """Remove the text and animation chunks of a PNG, which a decoder would unpack or follow."""
    if not data.startswith(SIGNATURE):
        return data
    try:
        clean, animated = strip_metadata(data)
    except BrokenChunks as error:
        raise BadUpload(str(error), field=warned.name, fix="Send the whole file.") from None
    if animated:
        _warn_of_animation(warned)
    return clean


def _warn_of_animation(warned: _Warnings) -> None:
    warned.add("animation_dropped", "The file is animated; its first frame is used.")


def _opened(data: bytes, warned: _Warnings) -> Image.Image:
    """Open the image, which reads its size and decodes no pixel."""
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise TooLarge(
            "The image has too many pixels.", field=warned.name, fix="Send a smaller image."
        ) from None
    except Exception:  # noqa: BLE001 (decoders fail in many ways on malformed bytes)
        raise BadUpload("The file is not an image.", field=warned.name, fix=_FIX) from None


def _check_size(image: Image.Image, limits: UploadLimits, name: str) -> None:
    width, height = image.size
    part = _PART_OF_PIXELS.get(image.format or "", 1)
    most = int(limits.max_pixels * part)
    if width * height > most or max(width, height) > LONGEST_SIDE:
        raise TooLarge(
            f"The image is {width}×{height}; at most {most} pixels and {LONGEST_SIDE} a side are "
            f"accepted{f' of a {image.format}' if part < 1 else ''}.",
            field=name,
            fix="Send it as PNG or JPEG." if part < 1 else "Send a smaller image.",
        )
    if not width or not height:
        raise BadUpload("The image has no pixels.", field=name, fix=_FIX)


def _first_frame(image: Image.Image, warned: _Warnings) -> Image.Image:
    try:
        image.load()
        # Seeking a second frame overwrites the first of a GIF, so that is copied.
        frame = image.copy() if image.format == "GIF" else image
    except Exception:  # noqa: BLE001 (decoders fail in many ways on damaged bytes)
        raise BadUpload(
            "The image is damaged or cut off.", field=warned.name, fix="Send the whole file."
        ) from None
    if image.format in _MOVING and _animated(image):
        _warn_of_animation(warned)
    return frame


def _animated(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # noqa: BLE001 (a damaged second frame; only the first is used)
        return False


def _turn(image: Image.Image) -> Image.Transpose | None:
    """The rotation that makes the image upright, as its EXIF orientation says."""
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 (damaged EXIF is no reason to refuse an image)
        return None
