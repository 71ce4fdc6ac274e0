"""Aspect buckets: the sizes that images are cropped to, never stretched.

A resolution is the side of a square; buckets are sizes of at most that area.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDEST = 2.0  # of the longer side by the shorter one

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Crop:
    """An image in its bucket: scaled to `scaled`, then cut to `bucket` from (left, top); pixels."""

    bucket: Size
    scaled: Size
    left: int
    top: int

    @property
    def kept(self) -> float:
        """The share of the image that is kept, 0 … 1."""
        return self.bucket[0] * self.bucket[1] / (self.scaled[0] * self.scaled[1])


def buckets(resolution: int, multiple: int, *, aspects: bool = True) -> list[Size]:
    """The sizes of a resolution, sides multiples of `multiple`, the square first."""
    side = max(multiple, resolution // multiple * multiple)
    sizes = [(side, side)]
    if not aspects:
        return sizes
    width = side + multiple
    while True:
        height = side * side // width // multiple * multiple
        if height < multiple or width / height > WIDEST:
            return sizes
        if all(height != known for _, known in sizes):
            sizes += [(width, height), (height, width)]
        width += multiple


def crop(size: Size, choices: Sequence[Size]) -> Crop:
    """The crop of an image of `size` for the bucket whose aspect ratio is nearest."""
    ratio = math.log(size[0] / size[1])
    bucket = min(choices, key=lambda box: abs(math.log(box[0] / box[1]) - ratio))
    scale = max(bucket[0] / size[0], bucket[1] / size[1])
    scaled = (max(bucket[0], round(size[0] * scale)), max(bucket[1], round(size[1] * scale)))
    return Crop(bucket, scaled, (scaled[0] - bucket[0]) // 2, (scaled[1] - bucket[1]) // 2)


def crops(
    size: Size, resolutions: Iterable[int], multiple: int, *, aspects: bool = True
) -> list[Crop]:
    """One crop per resolution that the image reaches; the smallest one for an image below all."""
    ordered = sorted(resolutions)
    reached = [side for side in ordered if side * side <= size[0] * size[1]] or ordered[:1]
    return [crop(size, buckets(side, multiple, aspects=aspects)) for side in reached]
