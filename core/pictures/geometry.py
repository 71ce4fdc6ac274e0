"""Crop, mirror, rotate and zoom."""

from __future__ import annotations

from PIL import Image, ImageOps

_QUARTERS: dict[float, Image.Transpose] = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def crop(
    image: Image.Image, top: float, left: float, bottom: float, right: float, aspect: str = "free"
) -> Image.Image:
    """Cut off per cent of each side; at least one pixel stays.

    `aspect`: `free`, `original`, or width to height as `16:9`, to which the rest is cut, evenly.
    """
    width, height = image.size
    first_column = min(round(width * left / 100), width - 1)
    first_row = min(round(height * top / 100), height - 1)
    last_column = max(width - round(width * right / 100), first_column + 1)
    last_row = max(height - round(height * bottom / 100), first_row + 1)
    wide, high = last_column - first_column, last_row - first_row
    kept_wide, kept_high = _largest(wide, high, _ratio(aspect, width / height))
    first_column += (wide - kept_wide) // 2
    first_row += (high - kept_high) // 2
    return image.crop((first_column, first_row, first_column + kept_wide, first_row + kept_high))


def _ratio(aspect: str, original: float) -> float | None:
    """Width over height of an aspect ratio; None where any will do."""
    if aspect in ("free", "original"):
        return original if aspect == "original" else None
    width, height = aspect.split(":")
    return int(width) / int(height)


def _largest(wide: int, high: int, ratio: float | None) -> tuple[int, int]:
    """The size of the largest box of a ratio within another, a pixel at least."""
    if ratio is None:
        return wide, high
    if wide > high * ratio:
        return max(1, round(high * ratio)), high
    return wide, max(1, round(wide / ratio))


def mirror(image: Image.Image, kind: str) -> Image.Image:
    """Swap left and right (`horizontal`), top and bottom (`vertical`), or `both`."""
    if kind in ("horizontal", "both"):
        image = ImageOps.mirror(image)
    return ImageOps.flip(image) if kind in ("vertical", "both") else image


def rotate(image: Image.Image, degrees: float) -> Image.Image:
    """Rotate clockwise. Quarter turns are lossless; others add transparent corners."""
    quarter = _QUARTERS.get(degrees % 360)
    if quarter is not None:
        return image.transpose(quarter)
    turned = image.convert("RGBA")
    return turned.rotate(-degrees, Image.Resampling.BICUBIC, expand=True)


def zoom(image: Image.Image, factor: float) -> Image.Image:
    """Enlarge the middle to the size of the image."""
    width, height = image.size
    away = (1 - 1 / factor) / 2
    box = (width * away, height * away, width * (1 - away), height * (1 - away))
    return image.resize(image.size, Image.Resampling.LANCZOS, box=box)
