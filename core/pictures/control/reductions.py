"""Control images with less of the image: blurred, coarse, or without colour."""

from __future__ import annotations

from PIL import Image

from core.pictures.control.grey import levels, opaque, to_image
from core.pictures.detail import blur


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """Gaussian blur of `radius` pixels."""
    return blur(opaque(image), radius)


def tiled(image: Image.Image, factor: float) -> Image.Image:
    """The image scaled down by `factor` over areas and up again: colours stay, detail goes."""
    colours = opaque(image)
    width, height = (max(1, round(side / factor)) for side in colours.size)
    small = colours.resize((width, height), Image.Resampling.BOX)
    return small.resize(colours.size, Image.Resampling.BICUBIC)


def grey(image: Image.Image) -> Image.Image:
    """The luma of every pixel."""
    return to_image(levels(image))
