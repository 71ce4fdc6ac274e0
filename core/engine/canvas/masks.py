"""Masks: what is repainted, how softly it ends, and where it lies.

A mask is a picture of grey levels ("L"): 255 is repainted, 0 is kept, between them the two are
mixed. Pure geometry on numpy and Pillow, without torch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageFilter

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels
Size = tuple[int, int]  # width, height in pixels

NOISE = 16  # levels this near to black or white are what a JPEG made of them


def grey(mask: Image.Image, size: Size) -> Image.Image:
    """Any picture as a mask of `size`. What is transparent in it is kept."""
    if mask.has_transparency_data:
        ground = Image.new("RGBA", mask.size, "black")
        mask = Image.alpha_composite(ground, mask.convert("RGBA"))
    plain = mask.convert("L")
    if plain.size != size:
        plain = plain.resize(size, Image.Resampling.BILINEAR)
    return plain.point(lambda level: 0 if level < NOISE else 255 if level > 255 - NOISE else level)


def feathered(mask: Image.Image, pixels: int) -> Image.Image:
    """The mask with a soft edge that lies outside of it, `pixels` wide and no wider."""
    soft = -(-pixels // 2)
    wide = Image.fromarray(_grown(np.asarray(mask), pixels - soft))
    return ImageChops.lighter(mask, wide.filter(ImageFilter.BoxBlur(soft)))


def touched(mask: Image.Image) -> Image.Image:
    """All that the mask changes at all, as pure black and white."""
    return mask.point(lambda level: 255 if level else 0)


def bounds(mask: Image.Image, padding: int, longest: int) -> Box | None:
    """Where the mask is not black, with `padding` around it, within the picture; None: nowhere.

    The box is made wider or higher, where there is room, until one side is at most `longest`
    times the other.
    """
    found = mask.getbbox()
    if found is None:
        return None
    left, right = _within(found[0] - padding, found[2] + padding, mask.width)
    top, bottom = _within(found[1] - padding, found[3] + padding, mask.height)
    least = -(-max(right - left, bottom - top) // longest)
    left, right = _widened(left, right, least, mask.width)
    top, bottom = _widened(top, bottom, least, mask.height)
    return left, top, right, bottom


def sides(mask: Image.Image) -> list[Image.Image]:
    """The mask's two parts left and right, else above and below, of the widest gap through it;
    none where no gap goes through."""
    levels = np.asarray(mask)
    for axis in (1, 0):
        lines = np.flatnonzero(levels.any(axis=1 - axis))
        gaps = np.diff(lines)
        if gaps.size and gaps.max() > 1:
            widest = int(gaps.argmax())
            cut = int(lines[widest] + lines[widest + 1]) // 2
            box = (0, 0, cut, mask.height) if axis else (0, 0, mask.width, cut)
            first, second = Image.new("L", mask.size), mask.copy()
            first.paste(mask.crop(box), box)
            second.paste(0, box)
            return [first, second]
    return []


def _within(start: int, end: int, length: int) -> tuple[int, int]:
    return max(0, start), min(length, end)


def _widened(start: int, end: int, least: int, length: int) -> tuple[int, int]:
    """At least `least` long where `length` allows it, around the same middle where it can."""
    wanted = min(least, length)
    missing = wanted - (end - start)
    if missing <= 0:
        return start, end
    start = min(max(0, start - missing // 2), length - wanted)
    return start, start + wanted


def _grown(levels: np.ndarray[Any, Any], by: int) -> np.ndarray[Any, Any]:
    """Each level the highest of the square that reaches `by` pixels around it."""
    for axis in (0, 1):
        reach = 0
        while reach < by:
            step = min(2 * reach + 1, by - reach)  # no pixel between the shifts is left out
            found = levels.copy()
            new, old = np.moveaxis(found, axis, 0), np.moveaxis(levels, axis, 0)
            np.maximum(new[step:], old[:-step], out=new[step:])
            np.maximum(new[:-step], old[step:], out=new[:-step])
            levels, reach = found, reach + step
    return levels
