"""Sizes of images that can be painted on, and of their masks. Arithmetic only."""

from __future__ import annotations

from core.errors import InvalidInput

LONGEST = 8  # times the short side: no model draws a longer strip
SHAPE_APART = 0.01  # a mask of the same shape may have another size

Size = tuple[int, int]  # width, height in pixels


def check_shape(size: Size, field: str) -> None:
    """Refuse a strip that no model can draw."""
    short, long = sorted(size)
    if long > LONGEST * short:
        raise InvalidInput(
            f"An image of {size[0]}×{size[1]} is too long and thin.",
            field=field,
            fix=f"Crop it: the long side may be {LONGEST} times the short one.",
        )


def check_mask(mask: Size, picture: Size) -> None:
    """Refuse a mask of another shape than its image's; another size is scaled."""
    if abs(mask[0] * picture[1] - mask[1] * picture[0]) > SHAPE_APART * mask[1] * picture[0]:
        raise InvalidInput(
            f"The mask is {mask[0]}×{mask[1]} and the image {picture[0]}×{picture[1]}: "
            "they do not have the same shape.",
            field="mask",
            fix=f"Send a mask of {picture[0]}×{picture[1]} pixels.",
        )
