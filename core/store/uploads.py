"""What strangers send as pictures: checked, decoded, and written anew.

The type is what the bytes are, not what anybody says. Sizes are known before anything is decoded.
What is stored is a new PNG of the pixels alone, so nothing hidden in a file outlives this module.
Accepted: PNG, JPEG, WebP, GIF and BMP; SVG (a program) and TIFF (a decoder with a long list of
holes) are not. Knows nothing of the database.
"""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image

from core.errors import BadUpload, TooLarge
from core.store.chunks import SIGNATURE, BrokenChunks, drawn_only
from core.store.colours import to_srgb
from core.store.limits import UploadLimits as UploadLimits
from core.store.metadata import read_metadata
from core.store.pictures import encode_png

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
LONGEST_SIDE = 32_768
_TYPES = {"MPO": "image/jpeg"}  # a JPEG with more pictures behind the first, as phones make them
_MOVING = ("GIF", "WEBP")
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
_DATA_URI = re.compile(r"data:image/[a-z0-9.+-]{1,40};base64,", re.IGNORECASE)
_FIX = "Send a PNG, JPEG, WebP, GIF or BMP picture."

# Sizes are checked here, and broken metadata is dropped: what Pillow would say on stderr is noise.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, slots=True)
class Upload:
    """An accepted picture: PNG bytes, RGB or RGBA in sRGB, upright.

    `source_type` is what was sent; `metadata` is what the file said of how it was made;
    `warnings` are records `{code, field, detail}`.
    """

    png: bytes
    width: int
    height: int
    type: str
    source_type: str
    metadata: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[dict[str, str], ...] = ()


def read_upload(data: bytes, limits: UploadLimits, *, name: str = "file") -> Upload:
    """Check and convert an uploaded picture; `name` is the field that errors name.

    Raises `TooLarge` over a limit, `BadUpload` for anything that is not a whole picture.
    """
    if not data:
        raise BadUpload("The file is empty.", field=name, fix=_FIX)
    if len(data) > limits.max_bytes:
        raise _too_many_bytes(limits, name)
    notes = _Notes(name)
    clean = _without_extras(data, notes)
    image = _opened(clean, notes)
    kind = str(image.format)
    _check_size(image, limits, name)
    upright = _turned(_first_frame(image, notes), image)
    picture, problem = to_srgb(upright)
    if problem:
        notes.add("colour_profile_dropped", problem)
    metadata = read_metadata(data)
    if metadata.get("omitted"):
        notes.add("metadata_dropped", "Some texts in the file are too long and were left out.")
    return Upload(
        encode_png(picture),
        picture.width,
        picture.height,
        "image/png",
        _TYPES.get(kind, f"image/{kind.lower()}"),
        metadata,
        tuple(notes.records),
    )


def decode_data_uri(text: str, limits: UploadLimits, *, name: str = "data") -> bytes:
    """The bytes of `data:image/…;base64,…`, with its size checked before it is decoded.

    Raises `BadUpload`, `TooLarge`.
    """
    head = _DATA_URI.match(text[:64])
    if head is None:
        raise BadUpload(
            "This is not a picture as a data URI.",
            field=name,
            fix="Send data:image/png;base64,… or an asset's id.",
        )
    if (len(text) - head.end()) // 4 * 3 > limits.max_bytes + 2:
        raise _too_many_bytes(limits, name)
    try:
        return base64.b64decode(text[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise BadUpload(
            "The data URI is not valid base64.",
            field=name,
            fix="Send standard base64 with its padding and without line breaks.",
        ) from None


class _Notes:
    """Warnings about one field."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.records: list[dict[str, str]] = []

    def add(self, code: str, detail: str) -> None:
        self.records.append({"code": code, "field": self.name, "detail": detail})


def _too_many_bytes(limits: UploadLimits, name: str) -> TooLarge:
    return TooLarge(
        f"The file is over {limits.max_bytes} bytes.", field=name, fix="Send a smaller file."
    )


def _without_extras(data: bytes, notes: _Notes) -> bytes:
    """A PNG without its text and animation chunks, which a decoder would unpack or follow."""
    if not data.startswith(SIGNATURE):
        return data
    try:
        clean, animated = drawn_only(data)
    except BrokenChunks as error:
        raise BadUpload(str(error), field=notes.name, fix="Send the whole file.") from None
    if animated:
        _note_animation(notes)
    return clean


def _note_animation(notes: _Notes) -> None:
    notes.add("animation_dropped", "The file is animated; its first frame is used.")


def _opened(data: bytes, notes: _Notes) -> Image.Image:
    """The picture with its size known and no pixel decoded."""
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise TooLarge(
            "The picture has too many pixels.", field=notes.name, fix="Send a smaller picture."
        ) from None
    except Exception:  # noqa: BLE001 (decoders fail in many ways on bytes that lie)
        raise BadUpload("The file is not a picture.", field=notes.name, fix=_FIX) from None


def _check_size(image: Image.Image, limits: UploadLimits, name: str) -> None:
    width, height = image.size
    if width * height > limits.max_pixels or max(width, height) > LONGEST_SIDE:
        raise TooLarge(
            f"The picture is {width}×{height}; at most {limits.max_pixels} pixels and "
            f"{LONGEST_SIDE} a side are accepted.",
            field=name,
            fix="Send a smaller picture.",
        )
    if not width or not height:
        raise BadUpload("The picture has no pixels.", field=name, fix=_FIX)


def _first_frame(image: Image.Image, notes: _Notes) -> Image.Image:
    try:
        image.load()
        # Looking for a second frame spoils the first, so that is kept apart.
        frame = image.copy() if image.format in _MOVING else image
    except Exception:  # noqa: BLE001 (decoders fail in many ways on damaged bytes)
        raise BadUpload(
            "The picture is damaged or cut off.", field=notes.name, fix="Send the whole file."
        ) from None
    if image.format in _MOVING and _animated(image):
        _note_animation(notes)
    return frame


def _animated(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # noqa: BLE001 (a damaged second frame; only the first is used)
        return False


def _turned(frame: Image.Image, image: Image.Image) -> Image.Image:
    """The frame as the camera meant it."""
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 (damaged EXIF is no reason to refuse a picture)
        return frame
    if turn is None:
        return frame
    profile = frame.info.get("icc_profile")
    turned = frame.transpose(turn)
    if profile:
        turned.info["icc_profile"] = profile
    return turned
