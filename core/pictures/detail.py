"""Blur and sharpness."""

from __future__ import annotations

from PIL import Image, ImageFilter

from core.pictures.channels import merge_alpha, split_alpha


def blur(image: Image.Image, radius: float) -> Image.Image:
    """Blur with a Gaussian of `radius` pixels. Transparent pixels spread no colour."""
    smooth = ImageFilter.GaussianBlur(radius)
    if image.mode != "RGBA":
        return image.filter(smooth)
    softened = image.convert("RGBa").filter(smooth).convert("RGBA")
    softened.putalpha(image.getchannel("A"))
    return softened


def sharpness(image: Image.Image, factor: float) -> Image.Image:
    """Sharpen with a factor over 1, smooth with one below; 1 changes nothing."""
    colours, alpha = split_alpha(image)
    return merge_alpha(Image.blend(colours.filter(ImageFilter.SMOOTH), colours, factor), alpha)
