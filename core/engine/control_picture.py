"""Control images as control adapters read them."""

from __future__ import annotations

import torch
from PIL import Image

from core.pictures.control.grey import levels


def grey_levels(image: Image.Image) -> torch.Tensor:
    """Grey levels [height, width] whose brightest is 1; an image without light stays black.

    A thin line loses brightness where an image is scaled down, and must not lose its meaning.
    """
    grey = torch.from_numpy(levels(image))
    brightest = float(grey.max())
    return grey / brightest if brightest > 0 else grey
