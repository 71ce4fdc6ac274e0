"""Compose a cut-out: alone, before a colour or before another image. Pillow only."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageOps


def alpha_of(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The mask as alpha channel, multiplied with the alpha of the image."""
    mask = mask.convert("L")
    if picture.mode != "RGBA":
        return mask
    return ImageChops.multiply(mask, picture.getchannel("A"))


def with_alpha(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    """The image as RGBA."""
    cut = picture.convert("RGB")
    cut.putalpha(alpha)
    return cut


def before_colour(cut: Image.Image, colour: str) -> Image.Image:
    """An RGBA image before a colour, as RGB; `colour` as #rrggbb."""
    ground = Image.new("RGBA", cut.size, colour)
    return Image.alpha_composite(ground, cut).convert("RGB")


def before_picture(cut: Image.Image, behind: Image.Image) -> Image.Image:
    """An RGBA image before another one, which is scaled to cover and cropped around its centre.

    RGB, or RGBA where the other one is transparent.
    """
    ground = ImageOps.fit(behind, cut.size, Image.Resampling.LANCZOS)
    joined = Image.alpha_composite(ground.convert("RGBA"), cut)
    return joined if behind.mode == "RGBA" else joined.convert("RGB")
