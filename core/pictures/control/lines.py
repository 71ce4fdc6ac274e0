"""Drawings of an image in white on black: line art, soft edges, scribbles."""

from __future__ import annotations

import numpy as np

from core.pictures.control.edges import Mask, gradient, hysteresis, thinned
from core.pictures.control.grey import Levels

DOG_RATIO = 1.6  # of the two Gaussians: the Laplacian's best approximation (Marr, Hildreth 1980)
SCRIBBLE_LOW = 0.5  # share of the threshold from which a stroke goes on


def line_art(grey: Levels, sigma: float, gain: float) -> Levels:
    """Dark lines and borders as white lines: a difference of Gaussians times `gain`.

    `sigma` is about half the width of the lines, in pixels. Flat areas and light lines are 0.
    """
    from scipy import ndimage

    narrow = ndimage.gaussian_filter(grey, sigma, mode="nearest")
    wide = ndimage.gaussian_filter(grey, sigma * DOG_RATIO, mode="nearest")
    return np.asarray(np.clip((wide - narrow) * np.float32(gain), 0, 1), np.float32)


def soft_edges(grey: Levels, sigma: float) -> Levels:
    """The gradient at scale `sigma` as grey levels; the strongest edge is white.

    An image without edges, up to the rounding of its levels, is black.
    """
    down, across = gradient(grey, sigma)
    strength = np.asarray(np.hypot(down, across), np.float32)
    strongest = strength.max()
    return strength / strongest if strongest > 1 / 255 else np.zeros_like(strength)


def scribble(grey: Levels, sigma: float, threshold: float, width: int) -> Mask:
    """Strong outlines as strokes of `width` pixels; `threshold` is a gradient from 0 to 1."""
    from scipy import ndimage

    down, across = gradient(grey, sigma)
    ridge = thinned(np.hypot(down, across), down, across)
    line = hysteresis(ridge, threshold * SCRIBBLE_LOW, threshold)
    if width < 2 or not line.any():
        return line
    return np.asarray(ndimage.distance_transform_edt(~line) < width / 2)
