"""Surfaces from a depth map."""

from __future__ import annotations

import numpy as np
from PIL import Image

from core.pictures.control.grey import Levels


def normals(depth: Levels, strength: float, sigma: float) -> Image.Image:
    """The normal map of inverse depth, where near is white: RGB of x, y and z.

    x points to the right, y up, z to the viewer; -1 to 1 becomes 0 to 255. `strength` is the depth
    between black and white, in tenths of the longer side; `sigma` smooths the depth, in pixels.
    """
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(depth, sigma, mode="nearest") if sigma else depth
    height = smooth * np.float32(strength * max(depth.shape) / 10)
    down, across = (_slope(height, axis) for axis in (0, 1))
    vectors = np.stack([-across, down, np.ones_like(depth)], axis=-1)
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return Image.fromarray(np.rint(vectors * 127.5 + 127.5).astype(np.uint8))


def _slope(height: Levels, axis: int) -> Levels:
    """Central differences along an axis; 0 where it has one pixel."""
    if height.shape[axis] < 2:
        return np.zeros_like(height)
    return np.asarray(np.gradient(height, axis=axis), np.float32)
