"""Grey levels of an image, as control images are computed from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FLAT = 1e-6  # range of values without relief
Levels = NDArray[np.float32]
"""Rows × columns, from 0 (black) to 1 (white)."""


def opaque(image: Image.Image) -> Image.Image:
    """The image as RGB; what is transparent in it is white."""
    if "A" not in image.getbands():
        return image.convert("RGB")
    colours = image.convert("RGBA")
    white = Image.new("RGBA", colours.size, "white")
    return Image.alpha_composite(white, colours).convert("RGB")


def levels(image: Image.Image) -> Levels:
    """The luma (Rec. 601) of every pixel."""
    return np.asarray(opaque(image).convert("L"), np.float32) / np.float32(255)


def to_image(values: Levels | NDArray[np.bool_]) -> Image.Image:
    """An RGB image of grey levels or of a mask; values outside 0 to 1 are clipped."""
    clipped = np.clip(values.astype(np.float32), 0, 1)
    pixels = np.rint(clipped * 255).astype(np.uint8)
    return Image.fromarray(pixels).convert("RGB")


def spread(values: Levels) -> Levels:
    """The values from 0 to 1; 0 everywhere where all are equal."""
    low, high = float(values.min()), float(values.max())
    if high - low < FLAT:
        return np.zeros_like(values)
    return (values - low) / (high - low)
