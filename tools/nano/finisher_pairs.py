"""Aligned pairs for the finisher: a drawing as the model makes it, and as the renderer does.

The model noises the latents of a rendered drawing to a strength and draws it anew by its own full
caption: up to a strength of 0.65 outlines stay where they were, while edges wander, colors bleed
and fills are uneven as in its own pictures. Other pairs are decoded from noised latents, or show
nothing in particular. A pool is two files of uint8, `NAME_lo.npy` [count, LOW, LOW, 3] and
`NAME_hi.npy` [count, HIGH, HIGH, 3].
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from tools.nano.captions import full_caption
from tools.nano.drawing.styles import STYLES
from tools.nano.generic import draw_generic
from tools.nano.latents import encode_pixels, to_pixels
from tools.nano.render import render
from tools.nano.sampling import GUIDANCE, Sampler, to_images
from tools.nano.scene import Scene, sample_scene

LOW, HIGH = 128, 512  # pixels a side
AT_ONCE = 8
FULL_STEPS = 12  # of a drawing from noise alone; a strength takes its share
KINDS: dict[str, tuple[float, ...]] = {  # with the strengths of each
    "redrawn": (0.4, 0.45, 0.52, 0.6, 0.65),
    "decoded": (0.0, 0.05, 0.1, 0.2, 0.3),
    "generic": (),
}
FLAT = 0.46  # share of the style that most prompts have
REDUCTIONS = (Image.Resampling.BOX, Image.Resampling.LANCZOS, Image.Resampling.BICUBIC)


def write_pool(sampler: Sampler, kind: str, count: int, seed: int, folder: Path) -> None:
    """Write `count` pairs of a kind; a pool that is there stays."""
    name = f"{kind}-{seed}"
    low_path, high_path = (folder / f"{name}_{side}.npy" for side in ("lo", "hi"))
    if high_path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    low = np.zeros((count, LOW, LOW, 3), np.uint8)
    high = np.zeros((count, HIGH, HIGH, 3), np.uint8)
    rng = random.Random(f"finisher {name}")
    for start in range(0, count, AT_ONCE):
        pairs = draw_pairs(sampler, kind, min(AT_ONCE, count - start), rng)
        for row, (small, large) in enumerate(pairs, start):
            low[row], high[row] = np.asarray(small), np.asarray(large)
    np.save(low_path, low)
    np.save(high_path, high)


def draw_pairs(
    sampler: Sampler, kind: str, count: int, rng: random.Random
) -> list[tuple[Image.Image, Image.Image]]:
    """`count` pairs of RGB images, LOW and HIGH pixels a side."""
    if kind == "generic":
        return [_generic(rng) for _ in range(count)]
    scenes = [_scene(rng) for _ in range(count)]
    strength, guidance = rng.choice(KINDS[kind]), rng.choice((1.0, GUIDANCE))
    generator = torch.Generator().manual_seed(rng.getrandbits(62))
    if kind == "decoded":
        small = decoded(sampler, scenes, strength, generator)
    else:
        small = redrawn(sampler, scenes, strength, guidance, generator)
    return list(zip(small, map(large, scenes), strict=True))


def large(scene: Scene) -> Image.Image:
    """The drawing, with four samples a pixel: `render` has two, which leaves stairs."""
    return render(scene, 2 * HIGH, 2 * HIGH).image.reduce(2)


def redrawn(
    sampler: Sampler,
    scenes: Sequence[Scene],
    strength: float,
    guidance: float,
    generator: torch.Generator,
) -> list[Image.Image]:
    """The drawings, noised to `strength` and drawn anew by the model."""
    patches = _patches(sampler, scenes)
    noise = torch.randn(patches.shape, generator=generator)
    state = ((1 - strength) * patches + strength * noise).flatten(2).transpose(1, 2)
    count = max(1, round(strength * FULL_STEPS))
    levels = [*np.linspace(strength, strength / count, count).tolist(), 0.0]
    captions = [full_caption(scene) for scene in scenes]
    with torch.no_grad():
        texts = [sampler._encode(texts) for texts in (captions, [""] * len(scenes))]
        for level, following in pairwise(levels):
            named, empty = (
                sampler._velocity(state, text, level, patches.shape[2:], None) for text in texts
            )
            state = state + (following - level) * (empty + guidance * (named - empty))
    return to_images(sampler.decode(state.transpose(1, 2).reshape(patches.shape)))


def decoded(
    sampler: Sampler, scenes: Sequence[Scene], strength: float, generator: torch.Generator
) -> list[Image.Image]:
    """The drawings through the VAE, with noise of `strength` on their latents."""
    patches = _patches(sampler, scenes)
    noise = torch.randn(patches.shape, generator=generator)
    return to_images(sampler.decode(patches + strength * noise))


def _patches(sampler: Sampler, scenes: Sequence[Scene]) -> torch.Tensor:
    pixels = to_pixels([render(scene, LOW, LOW).image for scene in scenes])
    tokens = encode_pixels(sampler.group, sampler.vae, pixels)
    side = round(tokens.shape[1] ** 0.5)
    return tokens.transpose(1, 2).unflatten(2, (side, side))


def _generic(rng: random.Random) -> tuple[Image.Image, Image.Image]:
    picture = draw_generic(rng, 2 * HIGH).reduce(2)
    return picture.resize((LOW, LOW), rng.choice(REDUCTIONS)), picture


def _scene(rng: random.Random) -> Scene:
    style = "flat" if rng.random() < FLAT else rng.choice(tuple(STYLES)[1:])
    return replace(sample_scene(rng), style=style)
