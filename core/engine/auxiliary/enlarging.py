"""A picture made larger: by interpolation, by a network, or drawn anew tile by tile.

Knows no torch, so that interpolating needs none. Transparency is interpolated, whatever is done to
the colours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np
from PIL import Image

from core.engine.auxiliary.tiling import Grid, Piece, assemble

Size = tuple[int, int]
Told = Callable[[int, int], None]  # which piece begins (from 1), of how many; may raise to end it
Redraw = Callable[[Image.Image, Piece], Image.Image]


class Network(Protocol):
    """A network that makes RGB pictures `scale` times as large."""

    @property
    def scale(self) -> int:
        """How many times as wide and high."""

    def __call__(self, picture: Image.Image) -> Image.Image: ...


def lanczos(picture: Image.Image, size: Size) -> Image.Image:
    """The picture at `size`, interpolated."""
    return picture.resize(size, Image.Resampling.LANCZOS)


def by_network(
    picture: Image.Image, size: Size, network: Network, piece: int, overlap: int, told: Told
) -> Image.Image:
    """The picture at `size`, enlarged by the network as often as it takes, then fitted.

    `piece` is the side of what the network sees at once, in pixels of its input.
    """
    grown = picture.convert("RGB")
    for _ in range(_passes(picture.size, size, network.scale)):
        grid = Grid.of(grown.size, (piece, piece), overlap)
        grown = assemble(grid, _seeing(grown, network, told), network.scale)
    if grown.size != size:
        grown = lanczos(grown, size)
    return _with_alpha_of(picture, grown)


def in_tiles(
    picture: Image.Image, size: Size, tile: Size, overlap: int, redraw: Redraw
) -> Image.Image:
    """The picture at `size`, interpolated and then drawn anew in tiles of exactly `tile` pixels.

    A picture smaller than a tile is continued at its edges, and cropped afterwards.
    """
    large = lanczos(picture.convert("RGB"), size)
    canvas = _at_least(large, tile)
    grid = Grid.of(canvas.size, tile, overlap)
    drawn = assemble(grid, lambda piece: redraw(canvas.crop(piece.box), piece))
    return _with_alpha_of(picture, drawn.crop((0, 0, *size)))


def _passes(before: Size, after: Size, scale: int) -> int:
    factor = max(after[0] / before[0], after[1] / before[1])
    return 1 if scale <= 1 or factor <= scale else math.ceil(math.log(factor, scale) - 1e-6)


def _seeing(picture: Image.Image, network: Network, told: Told) -> Callable[[Piece], Image.Image]:
    def see(piece: Piece) -> Image.Image:
        told(piece.index + 1, piece.count)
        return network(picture.crop(piece.box))

    return see


def _at_least(picture: Image.Image, size: Size) -> Image.Image:
    """The picture, its right and lower edges repeated where it is smaller than `size`."""
    across, down = max(0, size[0] - picture.width), max(0, size[1] - picture.height)
    if not (across or down):
        return picture
    return Image.fromarray(np.pad(np.asarray(picture), ((0, down), (0, across), (0, 0)), "edge"))


def _with_alpha_of(picture: Image.Image, grown: Image.Image) -> Image.Image:
    if picture.mode == "RGBA":
        grown.putalpha(lanczos(picture.getchannel("A"), grown.size))
    return grown
