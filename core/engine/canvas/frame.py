"""The part of an image that a model works on: cut out on the model's grid and put back.

A frame may reach beyond the image; that area is mirrored from it and discarded afterwards. Pure
geometry on numpy and Pillow, without torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from core.engine.canvas.masks import Box, Size, touched

NEARLY = 0.9  # share of the generated size; above it a part is padded, which keeps it sharp


@dataclass(frozen=True, slots=True)
class Frame:
    """A part of an image (`box`, in its pixels) and the size at which it is generated."""

    box: Box
    drawn: Size

    @classmethod
    def around(cls, part: Box, picture: Size, drawn: Size) -> Frame:
        """The smallest frame of the shape of `drawn` around `part`, on the image if it can be."""
        width, height = part[2] - part[0], part[3] - part[1]
        scale = max(width / drawn[0], height / drawn[1])
        if NEARLY < scale <= 1:
            scale = 1
        wide = max(width, round(drawn[0] * scale))
        high = max(height, round(drawn[1] * scale))
        left = _placed(part[0], width, wide, picture[0])
        top = _placed(part[1], height, high, picture[1])
        return cls((left, top, left + wide, top + high), drawn)

    @property
    def size(self) -> Size:
        """Its width and height on the image."""
        return self.box[2] - self.box[0], self.box[3] - self.box[1]

    @property
    def shrinks(self) -> bool:
        """True where it is generated smaller than it is."""
        return self.size[0] > self.drawn[0] or self.size[1] > self.drawn[1]

    def record(self) -> dict[str, Any]:
        """The record of a snapshot."""
        return {"width": self.drawn[0], "height": self.drawn[1], "box": list(self.box)}

    def beyond(self, picture: Size) -> float:
        """The share of its area outside of the image."""
        inside = self._inside(picture)
        area = (inside[2] - inside[0]) * (inside[3] - inside[1])
        return 1 - area / (self.size[0] * self.size[1])

    def cut(self, picture: Image.Image) -> Image.Image:
        """The model's input from an RGB image, at the generated size."""
        left, top, right, bottom = self.box
        inside = self._inside(picture.size)
        pixels = np.asarray(picture.crop(inside))
        around = (
            (inside[1] - top, bottom - inside[3]),
            (inside[0] - left, right - inside[2]),
            (0, 0),
        )
        if any(any(pair) for pair in around):
            pixels = np.pad(pixels, around, mode="symmetric")
        return self._scaled(Image.fromarray(pixels), Image.Resampling.LANCZOS)

    def cut_mask(self, mask: Image.Image) -> Image.Image:
        """The model's mask: all that `mask` touches, in pure black and white."""
        return touched(self._scaled(touched(mask.crop(self.box)), Image.Resampling.BILINEAR))

    def put(self, picture: Image.Image, made: Image.Image, mask: Image.Image) -> Image.Image:
        """The image with `made` blended in by the mask; all other pixels are unchanged."""
        inside = self._inside(picture.size)
        left, top = inside[0] - self.box[0], inside[1] - self.box[1]
        own = (left, top, left + inside[2] - inside[0], top + inside[3] - inside[1])
        scaled = (
            made if made.size == self.size else made.resize(self.size, Image.Resampling.LANCZOS)
        )
        patch = scaled.crop(own).convert(picture.mode)
        result = picture.copy()
        result.paste(Image.composite(patch, picture.crop(inside), mask.crop(inside)), inside)
        return result

    def _inside(self, picture: Size) -> Box:
        left, top, right, bottom = self.box
        return max(0, left), max(0, top), min(picture[0], right), min(picture[1], bottom)

    def _scaled(self, picture: Image.Image, resampling: Image.Resampling) -> Image.Image:
        return picture if picture.size == self.drawn else picture.resize(self.drawn, resampling)


def _placed(start: int, part: int, length: int, picture: int) -> int:
    """The start of a side of `part` pixels: around the part, on the image where it fits."""
    start -= (length - part) // 2
    if length >= picture:
        return -((length - picture) // 2)
    return min(max(0, start), picture - length)
