"""A large picture drawn piece by piece: where the pieces lie, and how they are blended.

Knows numbers and pixels, no model. Along each side the weights of all pieces sum to one at every
pixel, so pieces that agree leave no seam: what draws every piece as it was gives the picture back
exactly. Only one row of pieces is held in floating point at a time.
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

# Of a piece's length: more overlap, and three pieces would meet at one pixel.
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
        """How much each of the pixels `first` to `last` counts, 0..1."""
        found = np.ones(self.last - self.first, np.float32)
        if self.rise:
            found[: self.rise] = _ramp(self.rise)
        if self.fall:
            # One minus what the neighbour's ramp is there, not a ramp of its own: the sum is one.
            found[-self.fall :] = 1 - _ramp(self.fall)
        return found

    def scaled(self, scale: int) -> Span:
        """The same piece of a picture that is `scale` times as large."""
        return Span(
            scale * self.start,
            scale * self.stop,
            scale * self.first,
            scale * self.last,
            scale * self.rise,
            scale * self.fall,
        )


def spans(length: int, piece: int, overlap: int) -> tuple[Span, ...]:
    """Pieces of equal size that cover `length` pixels, neighbours overlapping by `overlap`.

    `overlap` is at most a quarter of `piece`, and shortened to that. Where one piece is enough, it
    is as long as the side.
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
class Piece:
    """One piece of a grid: its column and row, and which of how many it is (from 0)."""

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
    """The pieces of a picture of `width` × `height` pixels, row by row."""

    columns: tuple[Span, ...]
    rows: tuple[Span, ...]

    @classmethod
    def of(cls, size: tuple[int, int], piece: tuple[int, int], overlap: int) -> Grid:
        """A grid over `size` of pieces of the size `piece`, (width, height) each."""
        return cls(spans(size[0], piece[0], overlap), spans(size[1], piece[1], overlap))

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return len(self.columns) * len(self.rows)

    def row(self, number: int) -> Iterator[Piece]:
        """The pieces of one row, left to right."""
        for place, column in enumerate(self.columns):
            index = number * len(self.columns) + place
            yield Piece(column, self.rows[number], index, self.count)


def assemble(grid: Grid, draw: Callable[[Piece], Image.Image], scale: int = 1) -> Image.Image:
    """The RGB picture that `draw` makes piece by piece, `scale` times as large as the grid.

    `draw` answers an RGB picture `scale` times as large as the piece. Beside the result, memory
    holds one row of pieces.
    """
    width, height = scale * grid.columns[-1].stop, scale * grid.rows[-1].stop
    result = Image.new("RGB", (width, height))
    open_rows = np.zeros((0, width, 3), np.float32)  # begun by the row above, not complete yet
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
        raise ValueError(f"a piece came back as {drawn.size}, not {(across.length, down.length)}")
    rows = slice(down.first - down.start, down.last - down.start)
    columns = slice(across.first - across.start, across.last - across.start)
    pixels = np.asarray(drawn.convert("RGB"), np.float32)[rows, columns]
    weights = down.weights()[:, None, None] * across.weights()[None, :, None]
    band[:, across.first : across.last] += pixels * weights


def _ramp(length: int) -> Floats:
    """From just above 0 to just below 1."""
    return ((np.arange(length) + 0.5) / length).astype(np.float32)
