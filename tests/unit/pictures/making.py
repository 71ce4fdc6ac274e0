"""Images for tests: random pixels, with and without an alpha channel."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from PIL import Image


def noise(width: int, height: int, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """An image of random pixels; equal for equal seeds."""
    channels = len(mode)
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    return Image.fromarray(pixels)


sides = st.integers(1, 40)
pictures = st.builds(noise, sides, sides, st.sampled_from(["RGB", "RGBA"]), st.integers(0, 9))
