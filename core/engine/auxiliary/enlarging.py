"""Upscale an image: by interpolation, by a network, or by regenerating it tile by tile.

Independent of torch, so that interpolation needs none. Transparency is interpolated, except by a
network for masks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np
from PIL import Image

from core.engine.auxiliary.tiling import Grid, TilePiece, assemble

Size = tuple[int, int]
TileProgress = Callable[[int, int], None]  # number of the tile (from 1), and of all; may raise
Redraw = Callable[[Image.Image, TilePiece], Image.Image]


class Network(Protocol):
    """A network that makes RGB images `scale` times as large."""

    @property
    def scale(self) -> int:
        """The factor of width and height."""

    @property
    def for_masks(self) -> bool:
        """True where it also enlarges masks, given as grey images."""

    def __call__(self, picture: Image.Image) -> Image.Image: ...


def lanczos(picture: Image.Image, size: Size) -> Image.Image:
    """The image at `size`, interpolated."""
    return picture.resize(size, Image.Resampling.LANCZOS)


def by_network(
    picture: Image.Image,
    size: Size,
    network: Network,
    piece: int,
    overlap: int,
    on_tile: TileProgress,
) -> Image.Image:
    """The image at `size`, upscaled by the network as often as needed, then resized.

    `piece` is the side of the network's input, in pixels.
    """
    grown = picture.convert("RGB")
    for _ in range(_passes(picture.size, size, network.scale)):
        grid = Grid.of(grown.size, (piece, piece), overlap)
        grown = assemble(grid, _upscaler(grown, network, on_tile), network.scale)
    if grown.size != size:
        grown = lanczos(grown, size)
    if picture.mode != "RGBA" or not network.for_masks:
        return _with_alpha_of(picture, grown)
    alpha = by_network(picture.getchannel("A"), size, network, piece, overlap, on_tile)
    grown.putalpha(alpha.convert("L"))
    return grown


def in_tiles(
    picture: Image.Image, size: Size, tile: Size, overlap: int, redraw: Redraw
) -> Image.Image:
    """The image at `size`, interpolated and then regenerated in tiles of exactly `tile` pixels.

    An image smaller than a tile is padded at its edges, and cropped afterwards.
    """
    large = lanczos(picture.convert("RGB"), size)
    canvas = _at_least(large, tile)
    grid = Grid.of(canvas.size, tile, overlap)
    drawn = assemble(grid, lambda piece: redraw(canvas.crop(piece.box), piece))
    return _with_alpha_of(picture, drawn.crop((0, 0, *size)))


def _passes(before: Size, after: Size, scale: int) -> int:
    factor = max(after[0] / before[0], after[1] / before[1])
    return 1 if scale <= 1 or factor <= scale else math.ceil(math.log(factor, scale) - 1e-6)


def _upscaler(
    picture: Image.Image, network: Network, on_tile: TileProgress
) -> Callable[[TilePiece], Image.Image]:
    def upscale(piece: TilePiece) -> Image.Image:
        on_tile(piece.index + 1, piece.count)
        return network(picture.crop(piece.box))

    return upscale


def _at_least(picture: Image.Image, size: Size) -> Image.Image:
    """The image, its right and lower edges repeated where it is smaller than `size`."""
    across, down = max(0, size[0] - picture.width), max(0, size[1] - picture.height)
    if not (across or down):
        return picture
    return Image.fromarray(np.pad(np.asarray(picture), ((0, down), (0, across), (0, 0)), "edge"))


def _with_alpha_of(picture: Image.Image, grown: Image.Image) -> Image.Image:
    if picture.mode == "RGBA":
        grown.putalpha(lanczos(picture.getchannel("A"), grown.size))
    return grown
