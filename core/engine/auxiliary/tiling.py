"""Split a large image into overlapping tiles and blend the results.

Along each side the weights of all tiles sum to one at every pixel, so equal tiles leave no seam and
unchanged tiles reproduce the image exactly. Only one row of tiles is held in floating point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

# Share of a piece's length: with more overlap three pieces would meet at one pixel.
MOST_OVERLAP = 1 / 4


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one side: pixels `start` to `stop`, of which `first` to `last` count.

    The first `rise` pixels that count fade in, the last `fall` fade out, where a neighbour does
    the opposite.
    """

    start: int
    stop: int
    first: int
    last: int
    rise: int
    fall: int

    @property
    def length(self) -> int:
        """Pixels of the piece."""
        return self.stop - self.start

    def weights(self) -> Floats:
        """The weights of the pixels `first` to `last`, 0..1."""
        weights = np.ones(self.last - self.first, np.float32)
        if self.rise:
            weights[: self.rise] = _ramp(self.rise)
        if self.fall:
            # One minus the neighbour's ramp, so that the sum is one.
            weights[-self.fall :] = 1 - _ramp(self.fall)
        return weights

    def scaled(self, scale: int) -> Span:
        """The same piece of an image that is `scale` times as large."""
        return Span(
            scale * self.start,
            scale * self.stop,
            scale * self.first,
            scale * self.last,
            scale * self.rise,
            scale * self.fall,
        )


def spans(length: int, piece: int, overlap: int) -> tuple[Span, ...]:
    """TilePieces of equal size that cover `length` pixels, neighbours overlapping by `overlap`.

    `overlap` is limited to a quarter of `piece`. A single piece is as long as the side.
    """
    if piece >= length:
        return (Span(0, length, 0, length, 0, 0),)
    overlap = min(overlap, int(piece * MOST_OVERLAP))
    count = math.ceil((length - overlap) / (piece - overlap))
    starts = [round(index * (length - piece) / (count - 1)) for index in range(count)]
    # Neighbours share at least `overlap` pixels; the fade lies in the middle of what they share.
    fades = [(after + before + piece - overlap) // 2 for before, after in pairwise(starts)]
    firsts = [0, *fades]
    lasts = [*(fade + overlap for fade in fades), length]
    return tuple(
        Span(start, start + piece, first, last, overlap if first else 0, overlap * (last < length))
        for start, first, last in zip(starts, firsts, lasts, strict=True)
    )


@dataclass(frozen=True, slots=True)
class TilePiece:
    """One tile of a grid: its column and row, its index (from 0) and the number of all tiles."""

    across: Span
    down: Span
    index: int
    count: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom, as Pillow crops."""
        return (self.across.start, self.down.start, self.across.stop, self.down.stop)


@dataclass(frozen=True)
class Grid:
    """The pieces of an image of `width` × `height` pixels, row by row."""

    columns: tuple[Span, ...]
    rows: tuple[Span, ...]

    @classmethod
    def of(cls, size: tuple[int, int], piece: tuple[int, int], overlap: int) -> Grid:
        """A grid over `size` of pieces of the size `piece`, (width, height) each."""
        return cls(spans(size[0], piece[0], overlap), spans(size[1], piece[1], overlap))

    @property
    def count(self) -> int:
        """The number of pieces."""
        return len(self.columns) * len(self.rows)

    def row(self, number: int) -> Iterator[TilePiece]:
        """The pieces of one row, left to right."""
        for place, column in enumerate(self.columns):
            index = number * len(self.columns) + place
            yield TilePiece(column, self.rows[number], index, self.count)


def assemble(grid: Grid, draw: Callable[[TilePiece], Image.Image], scale: int = 1) -> Image.Image:
    """The RGB image from the results of `draw`, `scale` times as large as the grid.

    `draw` returns an RGB image `scale` times as large as the piece. Beside the result, memory
    holds one row of pieces.
    """
    width, height = scale * grid.columns[-1].stop, scale * grid.rows[-1].stop
    result = Image.new("RGB", (width, height))
    open_rows = np.zeros((0, width, 3), np.float32)  # the incomplete lower part of the row above
    for number, row in enumerate(grid.rows):
        down = row.scaled(scale)
        band = np.zeros((down.last - down.first, width, 3), np.float32)
        band[: len(open_rows)] = open_rows
        for piece in grid.row(number):
            _add(band, draw(piece), piece.across.scaled(scale), down)
        done = len(band) - down.fall
        pixels = np.rint(band[:done]).clip(0, 255).astype(np.uint8)
        result.paste(Image.fromarray(pixels), (0, down.first))
        open_rows = band[done:]
    return result


def _add(band: Floats, drawn: Image.Image, across: Span, down: Span) -> None:
    if drawn.size != (across.length, down.length):
        raise ValueError(f"a piece has the size {drawn.size}, not {(across.length, down.length)}")
    rows = slice(down.first - down.start, down.last - down.start)
    columns = slice(across.first - across.start, across.last - across.start)
    pixels = np.asarray(drawn.convert("RGB"), np.float32)[rows, columns]
    weights = down.weights()[:, None, None] * across.weights()[None, :, None]
    band[:, across.first : across.last] += pixels * weights


def _ramp(length: int) -> Floats:
    """From just above 0 to just below 1."""
    return ((np.arange(length) + 0.5) / length).astype(np.float32)
