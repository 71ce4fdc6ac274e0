"""Effects: functions of an image and an amount over 0, up to 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from core.pictures.channels import Colours, in_bands, merge_alpha, split_alpha
from core.pictures.tone import mixed

SEPIA = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))
COARSEST = 1 / 24  # of the longer side: the blocks at amount 1


def sepia(image: Image.Image, amount: float) -> Image.Image:
    """Tint brown, as old photographs are."""
    share = np.float32(amount)

    def change(colours: Colours, _top: int) -> Colours:
        brown = np.stack([mixed(colours, row) for row in SEPIA])
        return colours + (np.minimum(brown, 1) - colours) * share

    return in_bands(image, change)


def negative(image: Image.Image, amount: float) -> Image.Image:
    """Invert the colours."""
    share = np.float32(amount)
    return in_bands(image, lambda colours, _top: colours + (1 - 2 * colours) * share)


def contour(image: Image.Image, amount: float) -> Image.Image:
    """Draw dark lines where colours change, on white."""
    return _blended(image, ImageFilter.CONTOUR(), amount)


def emboss(image: Image.Image, amount: float) -> Image.Image:
    """Emboss, as if pressed into grey paper."""
    return _blended(image, ImageFilter.EMBOSS(), amount)


def pixelize(image: Image.Image, amount: float) -> Image.Image:
    """Draw square blocks, larger for a higher amount; the alpha channel stays."""
    colours, alpha = split_alpha(image)
    side = max(2, round(max(image.size) * COARSEST * amount))
    small = tuple(max(1, round(length / side)) for length in image.size)
    blocks = colours.resize((small[0], small[1]), Image.Resampling.BOX)
    return merge_alpha(blocks.resize(image.size, Image.Resampling.NEAREST), alpha)


def vignette(image: Image.Image, amount: float) -> Image.Image:
    """Darken towards the corners."""
    width, height = image.size
    across = np.linspace(-1, 1, width, dtype=np.float32) ** 2
    down = np.linspace(-1, 1, height, dtype=np.float32) ** 2

    def change(colours: Colours, top: int) -> Colours:
        far = (across[None, :] + down[top : top + colours.shape[1], None]) / 2
        darker: Colours = colours * (1 - np.float32(amount) * far * far).astype(np.float32)
        return darker

    return in_bands(image, change)


EFFECTS: dict[str, Callable[[Image.Image, float], Image.Image]] = {
    effect.__name__: effect for effect in (sepia, contour, negative, emboss, pixelize, vignette)
}


def _blended(image: Image.Image, kernel: ImageFilter.BuiltinFilter, amount: float) -> Image.Image:
    """Blend with the result of a kernel, which skips the edge: so the edge is padded first."""
    colours, alpha = split_alpha(image)
    wide = Image.fromarray(np.pad(np.asarray(colours), ((1, 1), (1, 1), (0, 0)), "edge"))
    drawn = wide.filter(kernel).crop((1, 1, 1 + image.width, 1 + image.height))
    return merge_alpha(Image.blend(colours, drawn, amount), alpha)
