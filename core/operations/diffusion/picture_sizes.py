"""Sizes of images that can be painted on, and of their masks. Arithmetic only."""

from __future__ import annotations

from core.errors import InvalidInput

LONGEST = 8  # times the short side: a longer strip is drawn in windows
LONGEST_STRIP = 50  # times the short side
WINDOW = 4  # times the short side: the longest window of a strip
SHAPE_APART = 0.01  # a mask of the same shape may have another size

Size = tuple[int, int]  # width, height in pixels


def check_shape(size: Size, field: str) -> None:
    """Refuse a strip that would take too many windows."""
    if not _within(size, LONGEST_STRIP):
        raise InvalidInput(
            f"An image of {size[0]}×{size[1]} is too long and thin.",
            field=field,
            fix=f"Crop it: the long side may be {LONGEST_STRIP} times the short one.",
        )


def check_not_strip(size: Size, field: str) -> None:
    """Refuse an image that is much longer than it is high, or the reverse."""
    if is_strip(size):
        raise InvalidInput(
            f"An image of {size[0]}×{size[1]} is too long and thin.",
            field=field,
            fix=f"Crop it: the long side may be {LONGEST} times the short one.",
        )


def is_strip(size: Size) -> bool:
    """True for an image that is drawn in windows."""
    return not _within(size, LONGEST)


def check_mask(mask: Size, picture: Size) -> None:
    """Refuse a mask of another shape than its image's; another size is scaled."""
    if abs(mask[0] * picture[1] - mask[1] * picture[0]) > SHAPE_APART * mask[1] * picture[0]:
        raise InvalidInput(
            f"The mask is {mask[0]}×{mask[1]} and the image {picture[0]}×{picture[1]}: "
            "they do not have the same shape.",
            field="mask",
            fix=f"Send a mask of {picture[0]}×{picture[1]} pixels.",
        )


def _within(size: Size, ratio: int) -> bool:
    return max(size) <= ratio * min(size)
