"""Light and colour of single pixels: functions of colours (0 to 1) and a value.

Grey is the luma of Rec. 601, as Pillow's mode L. No function rounds or clips.
"""

from __future__ import annotations

import math

import numpy as np

from core.pictures.channels import Colours

LUMA = (0.299, 0.587, 0.114)
# Luma, and two axes on which every grey is 0.
YIQ = np.array([LUMA, (0.596, -0.274, -0.322), (0.211, -0.523, 0.312)])


def mixed(colours: Colours, weights: tuple[float, float, float]) -> Colours:
    """Weighted sum of the three colours: rows × width."""
    red, green, blue = (np.float32(weight) for weight in weights)
    total: Colours = colours[0] * red + colours[1] * green + colours[2] * blue
    return total


def brightness(colours: Colours, factor: float) -> Colours:
    """Multiply by `factor`; 1 changes nothing, 0 is black."""
    return colours * np.float32(factor)


def contrast(colours: Colours, factor: float) -> Colours:
    """Multiply the distance from middle grey by `factor`; 1 changes nothing, 0 is grey."""
    return (colours - np.float32(0.5)) * np.float32(factor) + np.float32(0.5)


def saturation(colours: Colours, factor: float) -> Colours:
    """Multiply the distance from the pixel's grey by `factor`; 1 changes nothing, 0 is grey."""
    base = mixed(colours, LUMA)
    return base + (colours - base) * np.float32(factor)


def vibrance(colours: Colours, amount: float) -> Colours:
    """Change the saturation of weak colours more than of strong ones; -1 to 1, 0 is neutral."""
    base = mixed(colours, LUMA)
    strength = np.maximum(np.maximum(colours[0], colours[1]), colours[2])
    strength -= np.minimum(np.minimum(colours[0], colours[1]), colours[2])
    vivid: Colours = base + (colours - base) * (1 + np.float32(amount) * (1 - strength))
    return vivid


def hue(colours: Colours, degrees: float) -> Colours:
    """Rotate colours around the axis of grey, which keeps the luma."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    matrix = np.linalg.inv(YIQ) @ turn @ YIQ
    return np.stack([mixed(colours, (row[0], row[1], row[2])) for row in matrix])


def shift_red(colours: Colours, levels: float) -> Colours:
    """Add `levels` of 255 to red."""
    return _shifted(colours, 0, levels)


def shift_green(colours: Colours, levels: float) -> Colours:
    """Add `levels` of 255 to green."""
    return _shifted(colours, 1, levels)


def shift_blue(colours: Colours, levels: float) -> Colours:
    """Add `levels` of 255 to blue."""
    return _shifted(colours, 2, levels)


def grayscale(colours: Colours, _on: float) -> Colours:
    """Remove all colour."""
    return np.broadcast_to(mixed(colours, LUMA), colours.shape)


def _shifted(colours: Colours, channel: int, levels: float) -> Colours:
    shifted = colours.copy()
    shifted[channel] += np.float32(levels / 255)
    return shifted
