"""A picture's colours apart from its transparency, and its colours in bands of rows.

Every change of colour goes through here, so that transparency is kept and memory stays bounded
however large the picture is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BAND_PIXELS = 1 << 16  # what a processor keeps at hand while it goes over them several times
Colours = NDArray[np.float32]
"""3 × rows × width: red, green and blue, from 0 to 1."""


def apart(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours as RGB, and the transparency as grey where there is one."""
    if image.mode == "RGBA":
        return image.convert("RGB"), image.getchannel("A")
    return image.convert("RGB"), None


def together(colours: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """The two as one picture; `colours` is used up."""
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def in_bands(image: Image.Image, change: Callable[[Colours, int], Colours]) -> Image.Image:
    """The picture with `change(colours, first_row)` applied to its rows; transparency is kept.

    Everything that `change` does happens without rounding; the result is rounded once.
    """
    colours, alpha = apart(image)
    rows = np.array(colours)
    step = max(1, BAND_PIXELS // max(1, colours.width))
    for top in range(0, rows.shape[0], step):
        band = rows[top : top + step].transpose(2, 0, 1).astype(np.float32)
        changed = np.clip(change(band / np.float32(255), top), 0, 1)
        rows[top : top + step] = np.rint(changed * np.float32(255)).transpose(1, 2, 0)
    return together(Image.fromarray(rows), alpha)
