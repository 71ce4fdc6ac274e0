"""The difference between the pixels of two images."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageChops, ImageStat


def pixel_difference(first: Image.Image, second: Image.Image) -> dict[str, Any] | None:
    """The difference in levels of 8 bits, 0 to 255; None for images of different sizes.

    `max` and `mean` are over all channels, `changed` is the number of pixels of which a channel
    differs, `pixels` that of all.
    """
    if first.size != second.size:
        return None
    transparent = first.has_transparency_data or second.has_transparency_data
    mode = "RGBA" if transparent else "RGB"
    difference = ImageChops.difference(first.convert(mode), second.convert(mode))
    bands = difference.split()
    largest = bands[0]
    for band in bands[1:]:
        largest = ImageChops.lighter(largest, band)
    pixels = first.width * first.height
    histogram = largest.histogram()
    means = ImageStat.Stat(difference).mean
    return {
        "max": max(level for level, count in enumerate(histogram) if count),
        "mean": round(sum(means) / len(means), 4),
        "changed": pixels - histogram[0],
        "pixels": pixels,
    }
