"""Backgrounds of many kinds: noise like a photograph's, gradients, shapes out of focus, textures.

Every function answers RGB pixels, float32 [side, side, 3] in 0..1, from a numpy generator,
independent of the foreground.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Pixels = NDArray[np.float32]
Draw = Callable[[np.random.Generator, int], Pixels]


def backdrop(rng: np.random.Generator, side: int) -> Pixels:
    """One background at random; now and then two of them mixed, or one under uneven light."""
    pixels = _draw(rng, side)
    dice = rng.random()
    if dice < 0.25:
        share = np.float32(rng.uniform(0.2, 0.6))
        pixels = pixels * (1 - share) + _draw(rng, side) * share
    elif dice < 0.5:
        light = gradient(rng, side).mean(2, keepdims=True)
        pixels = pixels * (0.5 + light)
    return pixels.clip(0, 1)


def levels(image: Image.Image) -> Pixels:
    """A picture, or a mask, as float32 in 0..1; a mask is [height, width]."""
    return np.asarray(image).astype(np.float32) / np.float32(255)


def cloud(rng: np.random.Generator, side: int) -> Pixels:
    """Noise whose strength falls with frequency, as in photographs; colours mostly go together."""
    frequencies = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    frequencies[0, 0] = 1
    falling = frequencies ** -rng.uniform(0.7, 2.0)
    falling[0, 0] = 0
    spectrum = np.fft.rfft2(rng.standard_normal((side, side, 3)), axes=(0, 1))
    noise = np.fft.irfft2(spectrum * falling[..., None], (side, side), axes=(0, 1))
    noise /= noise.std() + 1e-6
    together = rng.uniform(0.3, 1.0)
    noise = together * noise[..., :1] + (1 - together) * noise
    return _colored(rng, noise * rng.uniform(0.08, 0.28))


def grain(rng: np.random.Generator, side: int) -> Pixels:
    """Fine noise around one colour."""
    cells = max(2, side // int(rng.integers(1, 5)))
    channels = 3 if rng.random() < 0.5 else 1
    noise = rng.standard_normal((cells, cells, channels)) * rng.uniform(0.03, 0.3)
    return _colored(rng, _enlarged(noise, side))


def gradient(rng: np.random.Generator, side: int) -> Pixels:
    """Two or three colours that run into each other, in a line or from a point."""
    y, x = np.mgrid[0:side, 0:side] / side
    if rng.random() < 0.6:
        angle = rng.uniform(0, 2 * np.pi)
        way = np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5) + 0.5
    else:
        way = np.hypot(x - rng.random(), y - rng.random())
    stops = rng.random((int(rng.integers(2, 4)), 3))
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(way, places, stops[:, c]) for c in range(3)], 2).astype(np.float32)


def shapes(rng: np.random.Generator, side: int) -> Pixels:
    """Polygons and discs of many colours, out of focus."""
    image = Image.new("RGB", (side, side), _color(rng))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(4, 24))):
        x, y, r = rng.uniform(0, side), rng.uniform(0, side), rng.uniform(0.05, 0.4) * side
        if rng.random() < 0.4:
            draw.ellipse((x - r, y - r, x + r, y + r), fill=_color(rng))
        else:
            angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 7))))
            corners = [(x + r * float(np.cos(a)), y + r * float(np.sin(a))) for a in angles]
            draw.polygon(corners, fill=_color(rng))
    return levels(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.015, 0.06) * side)))


def weave(rng: np.random.Generator, side: int) -> Pixels:
    """Stripes, checks or bricks, at any angle: walls, floors, cloth."""
    angle, period = rng.uniform(0, np.pi), rng.uniform(0.03, 0.2) * side
    y, x = np.mgrid[0:side, 0:side]
    u = (np.cos(angle) * x + np.sin(angle) * y) / period
    v = (-np.sin(angle) * x + np.cos(angle) * y) / (period * rng.uniform(0.5, 1.5))
    kind = rng.integers(3)
    if kind == 0:
        mask = np.sin(2 * np.pi * u) > 0
    elif kind == 1:
        mask = (np.floor(u) + np.floor(v)) % 2 == 0
    else:
        mask = ((u + np.floor(v) % 2 / 2) % 1 < 0.06) | (v % 1 < 0.08)
    first, other = rng.random(3), rng.random(3)
    other = first + (other - first) * rng.uniform(0.15, 0.8)
    soft = _blurred(np.where(mask, 1.0, 0.0), rng.uniform(0.3, 2.0))
    return (first + (other - first) * soft[..., None]).astype(np.float32)


def horizon(rng: np.random.Generator, side: int) -> Pixels:
    """Something above and something else below: a wall and a table, a sky and a field."""
    level = int(rng.uniform(0.3, 0.85) * side)
    above, below = _plain(rng, side), _plain(rng, side)
    above[level:] = below[level:]
    return above


def flat(rng: np.random.Generator, side: int) -> Pixels:
    """One colour."""
    return np.broadcast_to(rng.random(3), (side, side, 3)).astype(np.float32)


PLAIN: tuple[Draw, ...] = (cloud, gradient, grain, flat)
ALL: tuple[Draw, ...] = (cloud, cloud, gradient, shapes, shapes, weave, grain, horizon, flat)


def _draw(rng: np.random.Generator, side: int) -> Pixels:
    return ALL[int(rng.integers(len(ALL)))](rng, side)


def _plain(rng: np.random.Generator, side: int) -> Pixels:
    return PLAIN[int(rng.integers(len(PLAIN)))](rng, side).copy()


def _color(rng: np.random.Generator) -> tuple[int, int, int]:
    r, g, b = (int(value) for value in rng.integers(0, 256, 3))
    return r, g, b


def _colored(rng: np.random.Generator, noise: NDArray[np.float64] | Pixels) -> Pixels:
    """Noise of mean 0 around a colour of its own."""
    pixels: Pixels = (rng.uniform(0.15, 0.85, 3) + noise).clip(0, 1).astype(np.float32)
    return pixels


def _enlarged(cells: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    repeat = -(-side // len(cells))
    return cells.repeat(repeat, 0).repeat(repeat, 1)[:side, :side]


def _blurred(mask: NDArray[np.float64], radius: float) -> Pixels:
    image = Image.fromarray((mask * 255).astype(np.uint8))
    return levels(image.filter(ImageFilter.GaussianBlur(radius)))
