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
from core.store.chunks import insert_texts, strip_metadata
from core.store.exif import metadata_options
from core.store.metadata import texts_of

Format = Literal["png", "jpeg", "webp", "avif"]
ENDINGS: dict[str, str] = {"png": "png", "jpeg": "jpg", "webp": "webp", "avif": "avif"}
LONGEST_WEBP = 16_383
LONGEST_AVIF = 16_384
AVIF_SPEED = 8  # of 0 (small) to 10 (fast)
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
    whole: bool = False,
) -> Encoded:
    """Encode the stored image `png`, with this metadata or without (None).

    `metadata` is all or a part of that of `read_metadata`. A format that cannot hold all of it
    drops the oldest steps of a long history first. `whole` leaves a PNG as it is.
    """
    if form == "png":
        if whole:
            return Encoded(png)
        return Encoded(insert_texts(strip_metadata(png)[0], texts_of(metadata or {})))
    with Image.open(BytesIO(png)) as image:
        image.load()
        encoded = Encoded(b"")
        options = _options(metadata, encoded)
        if form == "jpeg":
            encoded.data = _jpeg(image, quality, options, encoded)
        elif form == "avif":
            encoded.data = _avif(image, quality, options)
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
    _check_side(image, "WebP", LONGEST_WEBP)
    return _saved(image, "WEBP", quality=quality, lossless=lossless, exact=lossless, **options)


def _avif(image: Image.Image, quality: int, options: dict[str, Any]) -> bytes:
    _check_side(image, "AVIF", LONGEST_AVIF)
    return _saved(image, "AVIF", quality=quality, speed=AVIF_SPEED, **options)


def _check_side(image: Image.Image, form: str, longest: int) -> None:
    if max(image.size) > longest:
        raise InvalidInput(
            f"The image is {image.width}×{image.height}; {form} holds {longest} pixels a side.",
            field="format",
            fix="Choose PNG or JPEG.",
        )


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()
