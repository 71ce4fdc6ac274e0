"""Limits of a dataset, as data; those of sides follow the size that a model draws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.models.library.model import Model

NATIVE_SIDE = 1024


@dataclass(frozen=True, slots=True)
class DatasetLimits:
    """Limits of the images and captions of a dataset.

    `smallest` refuses and `advised` warns by the shorter side, in pixels; `huge` warns by the
    longer one. `multiple` is the grid of training sizes, `native` the side of the model's usual
    square.
    """

    smallest: int = 256
    advised: int = 512
    huge: int = 4096
    native: int = NATIVE_SIDE
    multiple: int = 16
    max_bytes: int = 50 << 20
    max_pixels: int = 100_000_000
    min_images: int = 5
    advised_images: int = 10
    max_images: int = 20_000
    min_caption: int = 3
    max_caption: int = 3_000


def limits_of_side(native: int, multiple: int = 16) -> DatasetLimits:
    """The limits for a model that draws squares of `native` pixels a side.

    A quarter of the side is refused and a half is warned about: 256 and 512 pixels at 1024, 32 and
    64 at 128.
    """
    return DatasetLimits(
        smallest=native // 4,
        advised=native // 2,
        huge=native * 4,
        native=native,
        multiple=multiple,
    )


def limits_of_model(model: Model) -> DatasetLimits:
    """The limits for a checkpoint, by the size that its network draws by default."""
    usual = model.defaults(next(iter(model.modes)))
    width, height = model.drawn_size(int(usual["width"]), int(usual["height"]))
    return limits_of_side(round(math.sqrt(width * height)), model.size_multiple)
