"""Colours of an image without its alpha channel, changed in bands of rows.

Every change of colour goes through here, so that the alpha channel stays and memory is bounded for
an image of any size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BAND_PIXELS = 1 << 16  # fits the cache of a processor, which reads a band several times
Colours = NDArray[np.float32]
"""3 × rows × width: red, green and blue, from 0 to 1."""


def split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the colours as RGB, and the alpha channel if there is one."""
    if image.mode == "RGBA":
        return image.convert("RGB"), image.getchannel("A")
    return image.convert("RGB"), None


def merge_alpha(colours: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """Join both to one image; changes `colours` itself."""
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def in_bands(image: Image.Image, change: Callable[[Colours, int], Colours]) -> Image.Image:
    """Apply `change(colours, first_row)` to all rows; the alpha channel stays.

    `change` computes with floats; its result is rounded once.
    """
    colours, alpha = split_alpha(image)
    rows = np.array(colours)
    step = max(1, BAND_PIXELS // max(1, colours.width))
    for top in range(0, rows.shape[0], step):
        band = rows[top : top + step].transpose(2, 0, 1).astype(np.float32)
        changed = np.clip(change(band / np.float32(255), top), 0, 1)
        rows[top : top + step] = np.rint(changed * np.float32(255)).transpose(1, 2, 0)
    return merge_alpha(Image.fromarray(rows), alpha)
