"""Edges of an image: Canny's detector, with its steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.pictures.control.grey import Levels, levels

Mask = NDArray[np.bool_]
SOBEL_MAX = 4.0  # the response of a Sobel kernel to a step from 0 to 1


def canny(image: Image.Image, low: float, high: float, sigma: float) -> Mask:
    """Canny's edges (J. Canny, 1986): thin lines, True on an edge.

    `low` and `high` are gradients from 0 to 1, where 1 is a step from black to white across one
    pixel; `sigma` is the Gaussian's, in pixels. An edge holds a gradient over `high` somewhere,
    and over `low` everywhere.
    """
    down, across = gradient(levels(image), sigma)
    strength = np.hypot(down, across)
    return hysteresis(thinned(strength, down, across), low, high)


def gradient(grey: Levels, sigma: float) -> tuple[Levels, Levels]:
    """Sobel's gradient of smoothed grey levels, down and across; a step of 1 is 1."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(grey, sigma, mode="nearest") if sigma else grey
    down = ndimage.sobel(smooth, axis=0, mode="nearest") / SOBEL_MAX
    across = ndimage.sobel(smooth, axis=1, mode="nearest") / SOBEL_MAX
    return down, across


def thinned(strength: Levels, down: Levels, across: Levels) -> Levels:
    """The strengths that no neighbour along the gradient exceeds; 0 elsewhere.

    Of two equal neighbours the lower or right one stays, so that an edge is one pixel wide.
    """
    padded = np.pad(strength, 1)
    rows, columns = strength.shape
    angle = np.rad2deg(np.arctan2(down, across)) % 180
    sector = (np.rint(angle / 45).astype(np.int8)) % 4  # 0 across, 1 falling, 2 down, 3 rising
    forward = np.zeros_like(strength)
    backward = np.zeros_like(strength)
    for index, (row, column) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        mine = sector == index
        ahead = padded[1 + row : 1 + row + rows, 1 + column : 1 + column + columns]
        behind = padded[1 - row : 1 - row + rows, 1 - column : 1 - column + columns]
        forward[mine], backward[mine] = ahead[mine], behind[mine]
    kept = (strength > forward) & (strength >= backward)
    return np.where(kept, strength, np.float32(0))


def hysteresis(strength: Levels, low: float, high: float) -> Mask:
    """The connected regions of at least `low` that reach `high`; diagonal neighbours connect."""
    from scipy import ndimage

    labels, count = ndimage.label((strength >= low) & (strength > 0), np.ones((3, 3)))
    reaches = np.zeros(count + 1, bool)
    reaches[np.unique(labels[strength >= high])] = True
    reaches[0] = False
    return np.asarray(reaches[labels])
