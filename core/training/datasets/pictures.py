"""Images of a dataset, decoded upright in sRGB."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from core.errors import BadUpload, InvalidDataset
from core.store.decoding.rewriting import upright
from core.training.datasets.entries import CONVERTIBLE, FORMATS


def load_image(path: Path) -> Image.Image:
    """The image of a file, upright: RGB, or RGBA where something is transparent.

    Raises `InvalidDataset` with the file's name where it is damaged.
    """
    try:
        return upright(path, FORMATS)
    except BadUpload as error:
        raise _broken(path, error.detail) from error


def load_mask(path: Path, size: tuple[int, int]) -> Image.Image:
    """A mask as grey of `size` (width, height). Raises `InvalidDataset` where it is damaged."""
    mask = load_image(path).convert("L")
    return mask if mask.size == size else mask.resize(size, Image.Resampling.BILINEAR)


def convertible(path: Path) -> bool:
    """True for an image whose format training does not read, but a conversion may."""
    return path.suffix.lower() in CONVERTIBLE


def _broken(path: Path, detail: str) -> InvalidDataset:
    return InvalidDataset(
        f"{path.name} cannot be used: {detail}",
        field="dataset",
        fix="Save the image anew, or remove it.",
    )
