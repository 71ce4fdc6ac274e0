"""Extend an image for outpainting: the initial content of the new edges, and their mask.

Pure geometry on numpy and Pillow, without torch.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from core.engine.canvas.masks import Size, feathered

BLUR = 12  # the radius is the width of the new edges divided by this


def widened(
    picture: Image.Image, left: int, top: int, size: Size, seam: int
) -> tuple[Image.Image, Image.Image]:
    """`picture` at (`left`, `top`) of a canvas of `size`, and the mask of the new edges.

    The new edges mirror the image, blurred but for the seam. The mask is black on the image,
    rises over `seam` pixels outside of it (half the narrowest new edge at most), is white beyond.
    """
    width, height = size
    right, bottom = width - left - picture.width, height - top - picture.height
    around = [(top, bottom), (left, right), (0, 0)]
    mirrored = Image.fromarray(np.pad(np.asarray(picture), around, mode="symmetric"))
    soft = max(2, max(top, bottom, left, right) // BLUR)
    blurred = mirrored.filter(ImageFilter.GaussianBlur(soft))
    kept = Image.new("L", size)
    kept.paste(255, (left, top, left + picture.width, top + picture.height))
    narrowest = min(edge for edge in (top, right, bottom, left) if edge)
    soft_edge = feathered(kept, min(seam, narrowest // 2))
    # Rounding must not leave a new pixel unpainted.
    least = kept.point(lambda level: 0 if level else 1)
    mask = ImageChops.lighter(ImageOps.invert(soft_edge), least)
    canvas = Image.composite(blurred, mirrored, mask)
    canvas.paste(picture, (left, top))
    return canvas, mask
