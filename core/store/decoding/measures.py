"""Measures of the pixels of an image. Runs in a decoder process, or where the files are trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from core.errors import BadUpload
from core.store.decoding.likeness import likeness_of
from core.store.decoding.tone import on_white, tone_of
from core.store.scaling import FORMATS, MAX_PIXELS
from core.store.structure import TooComplex, check_structure

SIDE = 512
"""Sharpness is measured at this shorter side, so that it compares between sizes."""
_BLACK, _WHITE = 5, 250


def measure(source: Path) -> dict[str, Any]:
    """The measures of the image in a file. Raises `BadUpload`, `OSError`.

    `likeness`: its perceptual hash; `sharpness`: the variance of its Laplacian in levels of 8 bits;
    `brightness` and `contrast`: mean and standard deviation of its luma; `black` and `white`: the
    shares of pixels at the ends. All but the first two are 0 … 1.
    """
    try:
        check_structure(source.read_bytes())
        with Image.open(source, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadUpload("The image has too many pixels.")
            upright = ImageOps.exif_transpose(image)
            likeness, grey = likeness_of(upright), on_white(upright).convert("L")
    except BadUpload:
        raise
    except TooComplex as error:
        raise BadUpload(str(error)) from None
    except OSError as error:
        raise BadUpload("The image is damaged or cut off.") from error
    except Exception:  # noqa: BLE001 (decoders fail in many ways on damaged bytes)
        raise BadUpload("The file cannot be read as an image.") from None
    return {"likeness": likeness, "sharpness": sharpness(grey), **exposure(grey)}


def sharpness(grey: Image.Image) -> float:
    """The variance of the Laplacian (4 neighbours), the shorter side scaled down to `SIDE`."""
    import numpy as np

    shorter = min(grey.size)
    if shorter > SIDE:
        scale = SIDE / shorter
        grey = grey.resize((round(grey.width * scale), round(grey.height * scale)))
    p = np.asarray(grey, dtype=np.float64)
    if min(p.shape) < 3:
        return 0.0
    laplacian = p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] - 4 * p[1:-1, 1:-1]
    return round(float(laplacian.var()), 2)


def exposure(grey: Image.Image) -> dict[str, float]:
    """Brightness, contrast and the shares of black and white pixels, each 0 … 1."""
    counts = grey.histogram()
    total = sum(counts)
    shares = {"black": sum(counts[: _BLACK + 1]) / total, "white": sum(counts[_WHITE:]) / total}
    return {name: round(value, 4) for name, value in (tone_of(grey) | shares).items()}
