"""Windows over a strip: overlapping boxes along its long side, blended into each other.

A strip that a model cannot draw as one is drawn window by window, from left to right or from top to
bottom. Each window fades in over the end of the one before it. Pure geometry, without torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.engine.auxiliary.tiling import MOST_OVERLAP, Span, spans
from core.engine.canvas.masks import Box, Size


@dataclass(frozen=True, slots=True)
class Window:
    """One window of an image of `size`: its pixels on the long side, and its place in the row."""

    size: Size
    span: Span
    index: int = 0
    count: int = 1

    @property
    def box(self) -> Box:
        """Left, top, right, bottom, in pixels of the image."""
        if self.size[0] >= self.size[1]:
            return self.span.start, 0, self.span.stop, self.size[1]
        return 0, self.span.start, self.size[0], self.span.stop

    @property
    def sides(self) -> Size:
        """Its width and height."""
        left, top, right, bottom = self.box
        return right - left, bottom - top

    def fade(self) -> Image.Image:
        """The mask, of the image's size, by which the window is laid over those before it."""
        levels = np.zeros(max(self.size), np.float32)
        levels[self.span.first : self.span.last] = self.span.weights()
        levels[self.span.last - self.span.fall : self.span.stop] = 1  # its successor fades in here
        row = np.rint(levels * 255).astype(np.uint8)
        wide = self.size[0] >= self.size[1]
        return Image.fromarray(row[None, :] if wide else row[:, None]).resize(
            self.size, Image.Resampling.NEAREST
        )


def windows(size: Size, shape: float) -> list[Window]:
    """Windows over an image, `shape` times as long as they are wide, overlapping by a quarter.

    One window where the image is no longer than that.
    """
    short, long = sorted(size)
    length = max(2, round(short * shape))
    pieces = spans(long, length, round(length * MOST_OVERLAP))
    return [Window(size, span, index, len(pieces)) for index, span in enumerate(pieces)]


def whole(size: Size) -> Window:
    """The one window that covers an image."""
    long = max(size)
    return Window(size, Span(0, long, 0, long, 0, 0))
