"""Rotation and conversion of a large image band by band.

Whole, the image before and the image after are in memory together: 400 MB of 50 million pixels.
In bands, the pixels wait in a file between the two.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from core.store.colours import to_srgb

Turn = Image.Transpose
BAND_PIXELS = 1 << 20
_ACROSS = (Turn.ROTATE_90, Turn.ROTATE_270, Turn.TRANSPOSE, Turn.TRANSVERSE)
_FROM_THE_END = (Turn.ROTATE_180, Turn.FLIP_TOP_BOTTOM, Turn.ROTATE_90, Turn.TRANSVERSE)


def turned_to_srgb(
    image: Image.Image, turn: Turn | None, folder: Path | None = None
) -> tuple[Image.Image, str | None]:
    """Transpose and convert to sRGB as `to_srgb`, which see for the result.

    Closes a large `image`. `folder`: for the file, which has no name and is gone afterwards. Raises
    `OSError` where it cannot be written.
    """
    ready = turn is None and image.mode == "RGB" and "icc_profile" not in image.info
    if ready or image.width * image.height <= BAND_PIXELS:
        return to_srgb(image if turn is None else image.transpose(turn))
    width, height = image.size[::-1] if turn in _ACROSS else image.size
    bands = list(_bands(width, height))
    modes: list[str] = []
    problems: list[str] = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for top, bottom in bands:
            band = image.crop(_source(image.size, turn, top, bottom))
            converted, problem = to_srgb(band if turn is None else band.transpose(turn))
            modes.append(converted.mode)
            problems += [problem] if problem else []
            file.write(converted.tobytes())
        image.close()
        file.seek(0)
        result = Image.new(max(modes, key=len), (width, height))
        for (top, bottom), mode in zip(bands, modes, strict=True):
            pixels = file.read(width * (bottom - top) * len(mode))
            band = Image.frombytes(mode, (width, bottom - top), pixels)
            result.paste(band if mode == result.mode else band.convert(result.mode), (0, top))
    return result, problems[0] if problems else None


def _bands(width: int, height: int) -> Iterator[tuple[int, int]]:
    """The first row of each band, and the row after its last."""
    rows = max(1, BAND_PIXELS // width)
    for top in range(0, height, rows):
        yield top, min(top + rows, height)


def _source(
    size: tuple[int, int], turn: Turn | None, top: int, bottom: int
) -> tuple[int, int, int, int]:
    """The box of an image of `size` that becomes the rows from `top` to `bottom`."""
    length = size[0] if turn in _ACROSS else size[1]
    if turn in _FROM_THE_END:
        top, bottom = length - bottom, length - top
    return (top, 0, bottom, size[1]) if turn in _ACROSS else (0, top, size[0], bottom)
