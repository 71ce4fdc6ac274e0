"""Previews of unfinished latents: colours by a linear map, without the decoder.

The map is model data (`Preview` in its record). Where a record has none it is fitted once, by
least squares between images and their encoded latents.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import torch
from PIL import Image

from core.models.families.family import Preview

SHORT_SIDE = 96
QUALITY = 80
SAMPLES = 24
SAMPLE_SIDE = 128


def to_jpeg(latents: torch.Tensor, preview: Preview) -> bytes:
    """JPEG of VAE latents (1, C, h, w), enlarged to at least `SHORT_SIDE` pixels."""
    factors = latents.new_tensor(preview.factors)
    colours = torch.einsum("chw,cr->hwr", latents[0], factors) + latents.new_tensor(preview.offset)
    pixels = (colours.clamp(0, 1) * 255).round().to("cpu", torch.uint8).numpy()
    picture = Image.fromarray(pixels)
    scale = SHORT_SIDE / min(picture.size)
    if scale > 1:
        size = (round(picture.width * scale), round(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def fit(vae: Any, device: str | torch.device) -> Preview | None:
    """Factors for a VAE, from random flat images of many colours; None if they are not finite.

    `device` is where its pipeline runs it.
    """
    pictures = torch.from_numpy(_patches(SAMPLES, SAMPLE_SIDE))
    # VAEs with `force_upcast` overflow in half precision; widening and back loses nothing.
    narrow = vae.dtype
    if narrow == torch.float16 and vae.config.get("force_upcast", False):
        vae.to(torch.float32)
    latents = torch.cat([_encoded(vae, picture[None].to(device)) for picture in pictures * 2 - 1])
    if vae.dtype != narrow:
        vae.to(narrow)
    if not torch.isfinite(latents).all():
        return None
    height, width = latents.shape[-2:]
    targets = torch.nn.functional.interpolate(pictures, size=(height, width), mode="area")
    inputs = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
    design = torch.cat([inputs, torch.ones(len(inputs), 1)], dim=1)
    solution = torch.linalg.lstsq(design, targets.permute(0, 2, 3, 1).reshape(-1, 3)).solution
    rows = [(float(r), float(g), float(b)) for r, g, b in solution.tolist()]
    return Preview(tuple(rows[:-1]), rows[-1])


def _encoded(vae: Any, pictures: torch.Tensor) -> torch.Tensor:
    """Images (n, 3, H, W) of -1 … 1 to latents (n, C, h, w) in float32 on the processor."""
    moving = "temperal_downsample" in vae.config  # a VAE of videos: an image is one frame
    if 4 in (vae.config.get("input_channels"), vae.config.get("in_channels")):  # opaque
        pictures = torch.cat([pictures, torch.ones_like(pictures[:, :1])], dim=1)
    with torch.no_grad():
        inputs = pictures.to(vae.dtype)
        latents = vae.encode(inputs[:, :, None] if moving else inputs).latent_dist.mode()
    still: torch.Tensor = latents[:, :, 0] if moving else latents
    return still.float().cpu()


def _patches(count: int, side: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Images (count, 3, side, side) of 0 … 1: coloured rectangles on coloured grounds."""
    random = np.random.default_rng(0)
    pictures = np.empty((count, 3, side, side), np.float32)
    for picture in pictures:
        picture[:] = random.random((3, 1, 1))
        for _ in range(12):
            top, left = random.integers(0, side - 16, 2)
            height, width = random.integers(12, side // 2, 2)
            picture[:, top : top + height, left : left + width] = random.random((3, 1, 1))
    return pictures
