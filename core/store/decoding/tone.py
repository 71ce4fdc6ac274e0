"""The light of an image: its pixels on white, their brightness and contrast."""

from __future__ import annotations

from PIL import Image, ImageStat


def on_white(image: Image.Image) -> Image.Image:
    """An opaque RGB image: what is transparent shows white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    opaque = Image.new("RGB", image.size, "white")
    rgba = image.convert("RGBA")
    opaque.paste(rgba, mask=rgba)
    return opaque


def tone_of(grey: Image.Image) -> dict[str, float]:
    """`brightness` and `contrast`: mean and standard deviation of a grey image, 0 … 1."""
    statistics = ImageStat.Stat(grey)
    return {"brightness": statistics.mean[0] / 255, "contrast": statistics.stddev[0] / 255}
