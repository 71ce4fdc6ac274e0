"""Images as pipelines need them: opaque, of the right size, never stretched."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageOps

REFERENCE_SMALLEST = 64
REFERENCE_RATIO = 8


def opaque(image: Image.Image) -> Image.Image:
    """`image` as RGB; transparency becomes white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return image.convert("RGB")


def cover(image: Image.Image, width: int, height: int) -> Image.Image:
    """`image` as RGB of exactly `width` × `height`: scaled to cover, cropped around the centre."""
    return ImageOps.fit(opaque(image), (width, height), Image.Resampling.LANCZOS)


def cover_mask(mask: Image.Image, width: int, height: int) -> Image.Image:
    """`mask` as grey levels, scaled and cropped like the image it belongs to."""
    return ImageOps.fit(opaque(mask).convert("L"), (width, height), Image.Resampling.BILINEAR)


def reference(image: Image.Image, pixels: int = 1 << 20) -> Image.Image:
    """`image` as RGB of at most `pixels`, its short side at least 64.

    A strip that no model can read gets white edges along its long sides.
    """
    image = opaque(image)
    least = -(-max(image.size) // REFERENCE_RATIO)
    if min(image.size) < least:
        size = (max(image.width, least), max(image.height, least))
        image = ImageOps.pad(image, size, color="white")
    short = min(image.size)
    scale = min(1.0, math.sqrt(pixels / (image.width * image.height)))
    scale = max(scale, REFERENCE_SMALLEST / short)
    if scale == 1:
        return image
    size = (math.ceil(image.width * scale), math.ceil(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS)


def side_by_side(images: Sequence[Image.Image]) -> Image.Image:
    """All of `images` in one, left to right, as high as the first."""
    if len(images) == 1:
        return images[0]
    height = images[0].height
    scaled = [
        image.resize((max(1, round(image.width * height / image.height)), height))
        for image in images
    ]
    joined = Image.new("RGB", (sum(image.width for image in scaled), height), "white")
    left = 0
    for image in scaled:
        joined.paste(image, (left, 0))
        left += image.width
    return joined


def mask_cells(mask: Image.Image, rows: int, columns: int) -> torch.Tensor:
    """A mask as cells of a grid, shape (1, 1, rows, columns): 1 where any of it is white."""
    pixels = torch.from_numpy(np.asarray(mask.convert("L"), np.float32) / 255)[None, None]
    return torch.nn.functional.adaptive_max_pool2d((pixels >= 0.5).float(), (rows, columns))
