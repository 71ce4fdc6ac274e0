"""The structure of image files, read from their bytes before anything is decoded.

A decoder's work grows with the scans, chunks and frames of a file, which cost an attacker a few
bytes each. The readers follow the formats as the decoders do, and end at the first image.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from core.store.chunks import SIGNATURE, BrokenChunks, chunks

MAX_PARTS = 50_000  # segments or chunks
MAX_SCANS = 64  # of a progressive JPEG; encoders write about ten
MAX_FRAMES = 10_000
MAX_SUB_BLOCKS = 500_000  # of a GIF: 255 bytes each
# A marker of JPEG that is no restart; zero stands for a byte of the image.
_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
_TEMPORARY, _END, _SCAN = 0x01, 0xD9, 0xDA


class TooComplex(ValueError):
    """The file has more scans, chunks or frames than the limits."""


def check_structure(data: bytes) -> None:
    """Raise `TooComplex` over a limit. Damaged and unknown files pass: the decoder refuses them."""
    for signature, check in _CHECKS.items():
        if data.startswith(signature):
            check(data)


def _check_jpeg(data: bytes) -> None:
    position, scans = 2, 0
    for _ in range(MAX_PARTS):
        marker = _MARKER.search(data, position)
        if marker is None or marker[1][0] == _END:
            return
        position = marker.end()
        if marker[1][0] == _SCAN:
            scans += 1
            _limit("scans", scans, MAX_SCANS)
        if marker[1][0] != _TEMPORARY:
            position += int.from_bytes(data[position : position + 2], "big")
    raise TooComplex(f"The file has more than {MAX_PARTS} segments.")


def _check_png(data: bytes) -> None:
    frames = 0
    try:
        for name, _, _ in chunks(data):
            frames += name == b"fcTL"
            _limit("frames", frames, MAX_FRAMES)
    except BrokenChunks:
        return  # refused where the chunks are read


def _check_webp(data: bytes) -> None:
    position, frames = 12, 0
    for _ in range(MAX_PARTS):
        if position + 8 > len(data):
            return
        name, length = struct.unpack_from("<4sI", data, position)
        frames += name == b"ANMF"
        _limit("frames", frames, MAX_FRAMES)
        position += 8 + length + length % 2
    raise TooComplex(f"The file has more than {MAX_PARTS} chunks.")


def _check_gif(data: bytes) -> None:
    """Walk the blocks: extensions (0x21), images (0x2C), each with sub-blocks of 255 bytes."""
    if len(data) < 13:
        return
    position, frames, blocks = 13 + _palette_bytes(data[10]), 0, 0
    while position + 10 < len(data) and data[position] in (0x21, 0x2C):
        if data[position] == 0x2C:
            frames += 1
            _limit("frames", frames, MAX_FRAMES)
            position += 11 + _palette_bytes(data[position + 9])
        else:
            position += 2
        while position < len(data) and data[position]:
            position += 1 + data[position]
            blocks += 1
            _limit("blocks", blocks, MAX_SUB_BLOCKS)
        position += 1


def _palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _limit(noun: str, count: int, most: int) -> None:
    if count > most:
        raise TooComplex(f"The file has more than {most} {noun}.")


_CHECKS: dict[bytes, Callable[[bytes], None]] = {
    b"\xff\xd8": _check_jpeg,
    SIGNATURE: _check_png,
    b"RIFF": _check_webp,
    b"GIF8": _check_gif,
}
