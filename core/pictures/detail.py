"""Soft and sharp."""

from __future__ import annotations

from PIL import Image, ImageFilter

from core.pictures.channels import apart, together


def blur(image: Image.Image, radius: float) -> Image.Image:
    """A Gaussian of `radius` pixels. Colours do not bleed out of what is transparent."""
    smooth = ImageFilter.GaussianBlur(radius)
    if image.mode != "RGBA":
        return image.filter(smooth)
    softened = image.convert("RGBa").filter(smooth).convert("RGBA")
    softened.putalpha(image.getchannel("A"))
    return softened


def sharpness(image: Image.Image, factor: float) -> Image.Image:
    """1 changes nothing, 0 smooths, more sharpens."""
    colours, alpha = apart(image)
    return together(Image.blend(colours.filter(ImageFilter.SMOOTH), colours, factor), alpha)
