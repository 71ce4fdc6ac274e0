"""Conversion of stored images to the formats in which they are saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Literal

from PIL import Image

from core.errors import InvalidInput
from core.pictures.origin import shortened
from core.store.chunks import strip_metadata
from core.store.exif import metadata_options
from core.store.metadata import texts_of

Format = Literal["png", "jpeg", "webp"]
ENDINGS: dict[str, str] = {"png": "png", "jpeg": "jpg", "webp": "webp"}
LONGEST_WEBP = 16_383
SHORT_SNAPSHOT = 48 << 10  # bytes of JSON that fit into a JPEG, escaped


@dataclass(slots=True)
class Encoded:
    """The bytes of a file, and its losses as `{code: sentence}`."""

    data: bytes
    lost: dict[str, str] = field(default_factory=dict)


def encode(
    png: bytes,
    form: Format,
    *,
    quality: int,
    lossless: bool,
    metadata: Mapping[str, Any] | None,
) -> Encoded:
    """Encode the stored image `png`, with its metadata or without (None).

    `metadata` is that of `read_metadata`. A format that cannot hold all of it drops the oldest
    steps of a long history first.
    """
    if form == "png":
        return Encoded(png if metadata is not None else strip_metadata(png)[0])
    with Image.open(BytesIO(png)) as image:
        image.load()
        encoded = Encoded(b"")
        options = _options(metadata, encoded)
        if form == "jpeg":
            encoded.data = _jpeg(image, quality, options, encoded)
        else:
            encoded.data = _webp(image, quality, lossless, options)
    return encoded


def _options(metadata: Mapping[str, Any] | None, encoded: Encoded) -> dict[str, Any]:
    texts = texts_of(metadata or {})
    options, omitted = metadata_options(texts)
    if "qpyt" in omitted and metadata:
        texts["qpyt"] = json.dumps(shortened(metadata["qpyt"], SHORT_SNAPSHOT))
        options, _ = metadata_options(texts)
    if omitted:
        encoded.lost["metadata_dropped"] = (
            "A part of the metadata is too long for this format and was dropped; PNG keeps it."
        )
    return dict(options)


def _jpeg(image: Image.Image, quality: int, options: dict[str, Any], encoded: Encoded) -> bytes:
    if image.has_transparency_data:
        encoded.lost["transparency_dropped"] = (
            "JPEG has no transparency: transparent pixels are white now."
        )
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return _saved(image.convert("RGB"), "JPEG", quality=quality, **options)


def _webp(image: Image.Image, quality: int, lossless: bool, options: dict[str, Any]) -> bytes:
    if max(image.size) > LONGEST_WEBP:
        raise InvalidInput(
            f"The image is {image.width}×{image.height}; WebP holds {LONGEST_WEBP} pixels a side.",
            field="format",
            fix="Choose PNG or JPEG.",
        )
    return _saved(image, "WEBP", quality=quality, lossless=lossless, exact=lossless, **options)


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()
