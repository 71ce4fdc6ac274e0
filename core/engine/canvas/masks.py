"""Masks: conversion, soft edges and bounding boxes.

A mask is an image of grey levels ("L"): 255 is repainted, 0 is kept, between them the two are
mixed. Pure geometry on numpy and Pillow, without torch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageFilter

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels
Size = tuple[int, int]  # width, height in pixels

SPECK = 16  # pixels; smaller parts of a mask are slips of the brush
NOISE = 16  # levels this close to black or white are JPEG noise


def grey(mask: Image.Image, size: Size) -> Image.Image:
    """Any image as a mask of `size`. Transparent pixels are kept."""
    if mask.has_transparency_data:
        ground = Image.new("RGBA", mask.size, "black")
        mask = Image.alpha_composite(ground, mask.convert("RGBA"))
    plain = mask.convert("L")
    if plain.size != size:
        plain = plain.resize(size, Image.Resampling.BILINEAR)
    return plain.point(lambda level: 0 if level < NOISE else 255 if level > 255 - NOISE else level)


def feathered(mask: Image.Image, pixels: int) -> Image.Image:
    """The mask with a soft edge outside of it, `pixels` wide."""
    soft = -(-pixels // 2)
    wide = Image.fromarray(_grown(np.asarray(mask), pixels - soft))
    return ImageChops.lighter(mask, wide.filter(ImageFilter.BoxBlur(soft)))


def touched(mask: Image.Image) -> Image.Image:
    """All that the mask changes at all, as pure black and white."""
    return mask.point(lambda level: 255 if level else 0)


def bounds(mask: Image.Image, padding: int, longest: int) -> Box | None:
    """The box around all that is not black, with `padding`, within the image; None if empty.

    The box is made wider or higher, where possible, until one side is at most `longest`
    times the other.
    """
    box = mask.getbbox()
    if box is None:
        return None
    left, right = _within(box[0] - padding, box[2] + padding, mask.width)
    top, bottom = _within(box[1] - padding, box[3] + padding, mask.height)
    least = -(-max(right - left, bottom - top) // longest)
    left, right = _widened(left, right, least, mask.width)
    top, bottom = _widened(top, bottom, least, mask.height)
    return left, top, right, bottom


def sides(mask: Image.Image) -> list[Image.Image]:
    """The mask's two parts left and right, else above and below, of its widest gap; none without
    a gap."""
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


def parts(mask: Image.Image) -> list[Image.Image]:
    """The separate parts of a mask, each alone, from top to bottom; specks are left out."""
    from scipy import ndimage

    levels = np.asarray(mask)
    numbers, count = ndimage.label(levels > 0, structure=np.ones((3, 3)))
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    return [
        Image.fromarray(np.where(numbers == number, levels, 0).astype(np.uint8))
        for number in range(1, count + 1)
        if sizes[number] >= SPECK
    ]


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
            step = min(2 * reach + 1, by - reach)  # no pixel between the shifts is skipped
            grown = levels.copy()
            new, old = np.moveaxis(grown, axis, 0), np.moveaxis(levels, axis, 0)
            np.maximum(new[step:], old[:-step], out=new[step:])
            np.maximum(new[:-step], old[step:], out=new[:-step])
            levels, reach = grown, reach + step
    return levels
