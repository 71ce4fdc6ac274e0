"""The chunks of a PNG file, read without decoding and within limits."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 50_000
# The chunks of the image itself; text, animation and unknown chunks are metadata.
_IMAGE = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf"}
)
_HEADER = struct.Struct(">I4s")


class BrokenChunks(ValueError):
    """The file is cut off or has too many chunks."""


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Iterate over type, start and end of each chunk's content, up to and with IEND.

    Check sums are not verified. Raises `BrokenChunks`.
    """
    position = len(SIGNATURE)
    for _ in range(MOST_CHUNKS):
        if position + 12 > len(data):
            raise BrokenChunks("The file is cut off.")
        length, name = _HEADER.unpack_from(data, position)
        start, end = position + 8, position + 8 + length
        if end + 4 > len(data):
            raise BrokenChunks("The file is cut off.")
        yield name, start, end
        if name == b"IEND":
            return
        position = end + 4
    raise BrokenChunks(f"The file has more than {MOST_CHUNKS} parts.")


def strip_metadata(data: bytes) -> tuple[bytes, bool]:
    """Return the file with the image's chunks alone, and True if it was animated."""
    view, kept, animated = memoryview(data), [SIGNATURE], False
    for name, start, end in chunks(data):
        if name in _IMAGE:
            kept.append(bytes(view[start - 8 : end + 4]))
        animated = animated or name == b"acTL"
    return b"".join(kept), animated


def insert_texts(data: bytes, named: Mapping[str, str]) -> bytes:
    """The file with text chunks after its header. Raises `BrokenChunks`."""
    _name, _start, end = next(chunks(data))
    parts = [_text_chunk(name, text) for name, text in named.items()]
    return b"".join((data[: end + 4], *parts, data[end + 4 :]))


def _text_chunk(name: str, text: str) -> bytes:
    """An iTXt chunk: keyword, no compression, no language."""
    body = text.replace("\0", "").encode("utf-8", "replace")
    content = b"iTXt" + name.encode("latin-1") + b"\0\0\0\0\0" + body
    size = struct.pack(">I", len(content) - 4)
    return size + content + struct.pack(">I", zlib.crc32(content))


def texts(data: bytes, limit: int) -> Iterator[tuple[str, str | None]]:
    """Iterate over key and text of each text chunk; None for one over `limit` bytes or damaged.

    Ends without an error where the file is damaged.
    """
    try:
        for name, start, end in chunks(data):
            if name in (b"tEXt", b"zTXt", b"iTXt"):
                key, _, rest = data[start : min(end, start + 4 * limit)].partition(b"\0")
                yield key[:79].decode("latin-1"), _text(name, rest, end - start, limit)
    except BrokenChunks:
        return


def _text(name: bytes, rest: bytes, size: int, limit: int) -> str | None:
    if size > (limit if name == b"tEXt" else 4 * limit):
        return None
    try:
        if name == b"tEXt":
            return rest.decode("latin-1")
        if name == b"zTXt":
            raw = _unpacked(rest[1:], limit)
            return None if raw is None else raw.decode("latin-1")
        packed = rest[:1] == b"\1"
        content = rest[2:].split(b"\0", 2)[2]
        raw = _unpacked(content, limit) if packed else content
        return None if raw is None or len(raw) > limit else raw.decode("utf-8", "replace")
    except (zlib.error, IndexError):
        return None


def _unpacked(packed: bytes, limit: int) -> bytes | None:
    content = zlib.decompressobj().decompress(packed, limit + 1)
    return None if len(content) > limit else content
