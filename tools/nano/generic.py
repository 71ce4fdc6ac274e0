"""Pictures of nothing in particular: soft noise, gradients and polygons, some like a photograph.

The VAE sees them so that it keeps images which nobody rendered here.
"""

import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

COARSE = (2, 4, 8, 16)  # cells a side of the noise that is enlarged


def draw_generic(rng: random.Random, side: int) -> Image.Image:
    """An RGB picture of `side` pixels square."""
    base = rng.choice((_clouds, _gradient, _photograph))(rng, side)
    if rng.random() < 0.6:
        _draw_polygons(base, rng, side)
    if rng.random() < 0.3:
        base = base.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3)))
    return base


def _clouds(rng: random.Random, side: int) -> Image.Image:
    cells = rng.choice(COARSE)
    noise = _numbers(rng).integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)


def _gradient(rng: random.Random, side: int) -> Image.Image:
    first, second = (np.array([rng.randrange(256) for _ in range(3)]) for _ in range(2))
    across, down = rng.uniform(-1, 1), rng.uniform(-1, 1)
    line = np.linspace(0, 1, side)
    slope = across * line[None, :] + down * line[:, None]
    share = ((slope - slope.min()) / max(float(np.ptp(slope)), 1e-6))[..., None]
    return Image.fromarray((first * (1 - share) + second * share).astype(np.uint8))


def _photograph(rng: random.Random, side: int) -> Image.Image:
    """Noise of all scales, the finer the weaker, as in photographs."""
    numbers, sum_ = _numbers(rng), np.zeros((side, side, 3))
    cells, strength = 2, 1.0
    while cells <= side:
        layer = numbers.standard_normal((cells, cells, 3)) * 0.4
        layer += numbers.standard_normal((cells, cells, 1))
        scaled = [
            np.asarray(
                Image.fromarray(layer[..., channel].astype(np.float32)).resize(
                    (side, side), Image.Resampling.BICUBIC
                )
            )
            for channel in range(3)
        ]
        sum_ += np.stack(scaled, axis=-1) * strength
        cells, strength = cells * 2, strength * rng.uniform(0.45, 0.7)
    return Image.fromarray(np.clip(sum_ * 45 + rng.uniform(70, 190), 0, 255).astype(np.uint8))


def _draw_polygons(picture: Image.Image, rng: random.Random, side: int) -> None:
    draw = ImageDraw.Draw(picture)
    for _ in range(rng.randint(1, 8)):
        corners = [
            (rng.uniform(-0.1, 1.1) * side, rng.uniform(-0.1, 1.1) * side)
            for _ in range(rng.randint(2, 5))
        ]
        colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        if len(corners) == 2:
            draw.line(corners, fill=colour, width=rng.randint(1, max(2, side // 16)))
        else:
            draw.polygon(corners, fill=colour)


def _numbers(rng: random.Random) -> np.random.Generator:
    return np.random.default_rng(rng.getrandbits(64))
