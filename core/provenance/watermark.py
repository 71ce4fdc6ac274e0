"""An imperceptible watermark: 16 bits in the brightness of an image, found without the original.

Spread spectrum: the image is thought of as 256 by 256 cells whatever its size, in blocks of 8 by 8.
Each bit, with a check sum of 16 more, is the common direction of several hundred middle frequencies
of the blocks, chosen by a fixed key. So the mark survives scaling and compression, which change
single frequencies; it does not survive cropping, rotating, or a deliberate attack, for the key is
public. The weakest of `STRENGTHS` is taken that a copy at half size and JPEG quality 70 still
shows.
"""

from __future__ import annotations

import zlib
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.provenance.source_types import COMPOSITE, TRAINED

CELLS, BLOCK = 256, 8
SMALLEST = 256  # pixels of the shorter side: the cells of smaller images blur
STRENGTHS = (3.0, 4.5, 6.5, 9.0)  # of one frequency, in grey levels
CLEAREST_UNMARKED = 1.4  # what an image without a mark does not reach; about 0.8 is usual
QUALITY = 70
_KEY = 0x51595054
_BITS = 32
_FREQUENCIES = ((0, 3), (1, 2), (1, 3), (2, 1), (2, 2), (3, 0), (3, 1))
_ROWS = CELLS // BLOCK
# Payloads by digital source type; others are none of this studio.
PAYLOADS = {TRAINED: 0x5101, COMPOSITE: 0x5102}
Floats = NDArray[np.float64]


def embed(image: Image.Image, payload: int) -> Image.Image:
    """The image with a payload of 16 bits; RGB or RGBA, whose transparency stays.

    An image whose shorter side is below `SMALLEST` pixels comes back as it is.
    """
    if min(image.size) < SMALLEST:
        return image
    pattern = Image.fromarray(_pattern(payload).astype(np.float32))
    change = np.asarray(pattern.resize(image.size, Image.Resampling.BICUBIC))[..., None]
    pixels = np.asarray(image.convert("RGB"), np.float32)
    marked = image
    for strength in STRENGTHS:
        mixed = np.clip(pixels + change * strength + 0.5, 0, 255).astype(np.uint8)
        marked = Image.fromarray(mixed)
        if detect(_attacked(marked)) == payload:
            break
    if image.mode == "RGBA":
        marked.putalpha(image.getchannel("A"))
    return marked


def mark(image: Image.Image, source_type: str) -> Image.Image:
    """The image with the mark of its digital source type; as it is where there is none for it."""
    payload = PAYLOADS.get(source_type)
    return image if payload is None else embed(image, payload)


def source_type_in(image: Image.Image) -> str | None:
    """The digital source type that a mark of the studio states; None without a mark."""
    payload = detect(image)
    return next((name for name, known in PAYLOADS.items() if known == payload), None)


def detect(image: Image.Image) -> int | None:
    """The payload in an image; None without a mark."""
    if min(image.size) < BLOCK:
        return None
    sums, clearness = _sums(image)
    if clearness < CLEAREST_UNMARKED:
        return None
    content = np.packbits(sums > 0).tobytes()
    payload = int.from_bytes(content[:2], "big")
    return payload if content[2:] == _check_sum(content[:2]) else None


def clearness_of(image: Image.Image) -> float:
    """The mean size of a bit, in standard deviations of chance."""
    return _sums(image)[1]


def _sums(image: Image.Image) -> tuple[Floats, float]:
    """The sum of each bit's frequencies, and their clearness."""
    grey = image.convert("RGB").convert("L")
    reduce = min(image.size) >= CELLS
    how = Image.Resampling.BOX if reduce else Image.Resampling.BICUBIC
    cells = np.asarray(grey.resize((CELLS, CELLS), how), np.float64)
    blocks = cells.reshape(_ROWS, BLOCK, _ROWS, BLOCK).transpose(0, 2, 1, 3)
    spectrum = _cosines() @ blocks @ _cosines().T
    values = np.stack([spectrum[:, :, row, column] for row, column in _FREQUENCIES], -1)
    usual = np.median(np.abs(values), axis=(0, 1), keepdims=True) + 1e-6
    bits, directions = _plan()
    # Edges of the image are far larger than the mark: their part is bounded.
    bounded = np.tanh(values / usual / 2).reshape(-1) * directions
    sums = np.bincount(bits, weights=bounded, minlength=_BITS).astype(np.float64)
    chance = float(np.sqrt((bounded**2).sum() / _BITS))
    return sums, float(np.abs(sums).mean()) / chance if chance > 1e-6 else 0.0


@cache
def _plan() -> tuple[NDArray[np.int64], Floats]:
    """The bit and the direction of each frequency of each block."""
    chance = np.random.default_rng(_KEY)
    places = _ROWS * _ROWS * len(_FREQUENCIES)
    return chance.permutation(places) % _BITS, chance.choice([-1.0, 1.0], places)


@cache
def _cosines() -> Floats:
    """The matrix of the cosine transform of a block's side."""
    order = np.arange(BLOCK)
    matrix: Floats = np.cos(np.pi * (2 * order[None, :] + 1) * order[:, None] / (2 * BLOCK))
    matrix *= np.sqrt(2 / BLOCK)
    matrix[0] /= np.sqrt(2)
    return matrix


@cache
def _pattern(payload: int) -> Floats:
    """The change of each cell for a payload, of strength 1."""
    content = payload.to_bytes(2, "big")
    bits = np.unpackbits(np.frombuffer(content + _check_sum(content), np.uint8)) * 2.0 - 1
    places, directions = _plan()
    values = (bits[places] * directions).reshape(_ROWS, _ROWS, len(_FREQUENCIES))
    spectrum = np.zeros((_ROWS, _ROWS, BLOCK, BLOCK))
    for number, (row, column) in enumerate(_FREQUENCIES):
        spectrum[:, :, row, column] = values[:, :, number]
    blocks: Floats = _cosines().T @ spectrum @ _cosines()
    return blocks.transpose(0, 2, 1, 3).reshape(CELLS, CELLS)


def _check_sum(content: bytes) -> bytes:
    return (zlib.crc32(content) & 0xFFFF).to_bytes(2, "big")


def _attacked(image: Image.Image) -> Image.Image:
    """A copy as others pass it on: half as wide and high, as a JPEG of `QUALITY`."""
    half = (max(1, image.width // 2), max(1, image.height // 2))
    buffer = BytesIO()
    options: dict[str, Any] = {"quality": QUALITY}
    image.resize(half, Image.Resampling.LANCZOS).save(buffer, "JPEG", **options)
    return Image.open(buffer).convert("RGB")
