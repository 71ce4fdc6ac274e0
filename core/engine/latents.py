"""Convert the latents of pipelines to those of their VAE: one function per packing.

A VAE's latent has the shape (1, C, height/8, width/8); pipelines normalise it, and those of FLUX
also split it into tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from PIL.Image import Image

# (pipeline, its latents, width, height in pixels) to VAE latents.
ToVae = Callable[[Any, torch.Tensor, int, int], torch.Tensor]
ERNIE_EPSILON = 1e-5


def plain(pipeline: Any, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """From (1, C, h, w): SD1.5, SDXL, SD3.5; Playground 2.5, normalised by channel too."""
    config = pipeline.vae.config
    if config.get("latents_mean") is not None:
        mean, deviation = _statistics(pipeline.vae, latents)
        return latents * deviation / config.scaling_factor + mean
    return latents / config.scaling_factor + (getattr(config, "shift_factor", None) or 0)


def grid(pipeline: Any, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """Latents between steps as (1, C, height/8, width/8), as image to image takes them: SD1.5,
    SDXL, SD3.5, FLUX.1."""
    if latents.dim() == 3:  # tokens
        latents = pipeline._unpack_latents(latents, height, width, pipeline.vae_scale_factor)
    return latents


def resized(latents: torch.Tensor, scale: tuple[float, float], mode: str) -> torch.Tensor:
    """A grid (1, C, h, w) times `scale` (of width and height), by an interpolation of torch."""
    rows, columns = latents.shape[-2:]
    size = (round(rows * scale[1]), round(columns * scale[0]))
    return torch.nn.functional.interpolate(latents.float(), size, mode=mode).to(latents.dtype)


def flux1(pipeline: Any, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """From (1, tokens, 4C), normalised by two numbers: FLUX.1."""
    unpacked = pipeline._unpack_latents(latents, height, width, pipeline.vae_scale_factor)
    return plain(pipeline, unpacked, width, height)


def flux2(pipeline: Any, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """From (1, tokens, 4C), normalised by channel: FLUX.2, FLUX.3."""
    token = pipeline.vae_scale_factor * 2
    grid = latents.view(1, height // token, width // token, -1).permute(0, 3, 1, 2)
    norm = pipeline.vae.bn
    scale = torch.sqrt(norm.running_var + pipeline.vae.config.batch_norm_eps).view(1, -1, 1, 1)
    mean = norm.running_mean.view(1, -1, 1, 1)
    patches = grid * scale.to(grid) + mean.to(grid)
    split = patches.unflatten(1, (-1, 2, 2)).permute(0, 1, 4, 2, 5, 3)
    return split.flatten(4, 5).flatten(2, 3)


def ernie_image(pipeline: Any, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """From (1, 4C, h/2, w/2), normalised by channel: ERNIE-Image, whose pipeline names the epsilon
    of the VAE's norm itself."""
    mean, scale = _norm(pipeline.vae, latents)
    unpacked: torch.Tensor = pipeline._unpatchify_latents(latents * scale + mean)
    return unpacked


def _norm(vae: Any, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and scale of each latent channel, shape (1, 4C, 1, 1): ERNIE-Image."""
    scale = torch.sqrt(vae.bn.running_var + ERNIE_EPSILON)
    return vae.bn.running_mean.view(1, -1, 1, 1).to(like), scale.view(1, -1, 1, 1).to(like)


def ernie_image_of_picture(pipeline: Any, image: Image) -> torch.Tensor:
    """ERNIE-Image: normalised latents (1, 4C, height/16, width/16) of an image of that size."""
    vae = pipeline.vae
    pixels = pipeline.image_processor.preprocess(image, height=image.height, width=image.width)
    with torch.no_grad():
        encoded = vae.encode(pixels.to(pipeline._execution_device, vae.dtype)).latent_dist.mode()
    packed = pipeline._patchify_latents(encoded)
    mean, scale = _norm(vae, packed)
    normalised: torch.Tensor = (packed - mean) / scale
    return normalised


def qwen_image(pipeline: Any, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """From (1, tokens, 4C), normalised by channel: the families with the VAE of Qwen-Image."""
    token = pipeline.vae_scale_factor * 2
    channels = latents.shape[-1] // 4
    grid = latents.view(1, height // token, width // token, channels, 2, 2)
    unpacked = grid.permute(0, 3, 1, 4, 2, 5).reshape(1, channels, height // 8, width // 8)
    mean, deviation = _statistics(pipeline.vae, unpacked)
    return unpacked * deviation + mean


def qwen_image_frame(pipeline: Any, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """From (1, C, 1, h, w), normalised by channel: Anima."""
    frame = latents[:, :, 0]
    mean, deviation = _statistics(pipeline.vae, frame)
    return frame * deviation + mean


def qwen_image_of_picture(pipeline: Any, image: Image) -> torch.Tensor:
    """Normalised latents (1, C, h, w) of an image, by a VAE of Qwen-Image."""
    vae = pipeline.vae
    pixels = pipeline.image_processor.preprocess(image, height=image.height, width=image.width)
    with torch.no_grad():
        frame = pixels.to(pipeline._execution_device, vae.dtype)[:, :, None]
        encoded = vae.encode(frame).latent_dist.mode()[:, :, 0]
    mean, deviation = _statistics(vae, encoded)
    normalised: torch.Tensor = (encoded - mean) / deviation
    return normalised


def qwen_image21(pipeline: Any, latents: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """From (1, tokens, C), normalised by channel, with a token for 16 × 16 pixels: Qwen-Image
    2.1."""
    cell = pipeline.vae_scale_factor
    unpacked = latents.transpose(1, 2).reshape(1, -1, height // cell, width // cell)
    mean, deviation = _statistics(pipeline.vae, unpacked)
    return unpacked * deviation + mean


def qwen_image21_of_picture(pipeline: Any, image: Image) -> torch.Tensor:
    """Normalised latents (1, C, height/16, width/16) of an image: Qwen-Image 2.1, which reads
    transparency."""
    return qwen_image_of_picture(pipeline, image.convert("RGBA"))


def _statistics(vae: Any, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of each latent channel, shape (1, C, 1, 1)."""
    config = vae.config
    mean, deviation = (
        torch.tensor(values).view(1, -1, 1, 1).to(like)
        for values in (config.latents_mean, config.latents_std)
    )
    return mean, deviation


def of_picture(pipeline: Any, image: Image) -> torch.Tensor:
    """FLUX.2: normalised latents (1, 4C, height/16, width/16) of an image of that size."""
    pixels = pipeline.image_processor.preprocess(image, height=image.height, width=image.width)
    with torch.no_grad():
        encoded: torch.Tensor = pipeline._encode_vae_image(
            pixels.to(pipeline._execution_device, pipeline.vae.dtype), None
        )
    return encoded
