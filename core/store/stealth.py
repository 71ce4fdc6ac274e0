"""Metadata in the lowest bits of an image's alpha or colours, as NovelAI and A1111 hide it.

The bits of the columns, top to bottom and left to right, are a mark, a length in bits and a text,
plain or packed by gzip. Reading needs decoded pixels: it runs where images are decoded.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from PIL import Image as Pillow

from core.store.json_text import read_json

if TYPE_CHECKING:
    from PIL.Image import Image

_TRANSPOSE = Pillow.Transpose.TRANSPOSE
_MARK_BYTES = 15
# Marks with the bands that hold the bits, and True for a packed text.
_MARKS = {
    b"stealth_pnginfo": ("A", False),
    b"stealth_pngcomp": ("A", True),
    b"stealth_rgbinfo": ("RGB", False),
    b"stealth_rgbcomp": ("RGB", True),
}
_HEAD_BITS = 8 * (_MARK_BYTES + 4)
MAX_BYTES = 128 << 10
_GZIP = 31  # zlib's window with the header of gzip


def hidden_texts(image: Image) -> dict[str, str]:
    """The texts by name that an image hides; empty for one without a mark. Never raises."""
    for bands in ("A", "RGB"):
        if any(band not in image.getbands() for band in bands):
            continue
        head = _bits(image, bands, _HEAD_BITS)
        mark = _MARKS.get(head[:_MARK_BYTES])
        if mark is None or mark[0] != bands:
            continue
        length = int.from_bytes(head[_MARK_BYTES:], "big")
        if length > 8 * MAX_BYTES:
            return {}
        data = _bits(image, bands, _HEAD_BITS + length)[len(head) :]
        return _texts(_unpacked(data) if mark[1] else data)
    return {}


def without_hidden_texts(image: Image) -> Image:
    """The image with all lowest bits set; no value changes by more than one."""
    bands = [band.point([value | 1 for value in range(256)]) for band in image.split()]
    return Pillow.merge(image.mode, bands)


def _bits(image: Image, bands: str, count: int) -> bytes:
    """The first `count` lowest bits, column by column, as bytes."""
    columns = min(image.width, count // max(image.height * len(bands), 1) + 1)
    part = image.crop((0, 0, columns, image.height))
    pixels = [part.getchannel(band).transpose(_TRANSPOSE).tobytes() for band in bands]
    lowest = [value & 1 for values in zip(*pixels, strict=True) for value in values][:count]
    whole = len(lowest) // 8 * 8
    number = int("".join(map(str, lowest[:whole])) or "0", 2)
    return number.to_bytes(whole // 8, "big")


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(_GZIP).decompress(data, MAX_BYTES)
    except zlib.error:
        return b""


def _texts(data: bytes) -> dict[str, str]:
    """NovelAI hides its texts by name as JSON; others hide their parameters."""
    text = data.decode("utf-8", "replace").strip("\0 ")
    record = read_json(text) if text.startswith("{") else None
    if isinstance(record, Mapping) and "Comment" in record:
        return {name: str(value) for name, value in record.items() if isinstance(value, str)}
    return {"parameters": text} if text else {}
