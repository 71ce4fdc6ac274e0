"""FLUX.2 klein: text to image and image to image on `Flux2KleinPipeline`.

Image to image starts the ordinary pipeline from the noised latents of a picture and runs only the
last part of its schedule. The picture is scaled to cover the asked size and cropped around its
centre, so nothing is stretched; the result has the asked size. Transparency becomes white.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image, ImageOps

from core.engine import preview
from core.engine.device import Device
from core.engine.loaded import Loaded
from core.models.family import Preview

if TYPE_CHECKING:
    from core.operations.base import Report

StepEnd = Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]


def generate(
    loaded: Loaded,
    *,
    prompt: str,
    width: int,
    height: int,
    num_inference_steps: int,
    seed: int,
    report: Report,
    guidance_scale: float = 1.0,
    negative_prompt: str = "",
) -> Image.Image:
    """A picture of `width` × `height` pixels. Raises what `report` raises, within one step."""
    texts = _encode(loaded, prompt, negative_prompt, guidance_scale, report)
    generator = torch.Generator("cpu").manual_seed(seed)
    report("denoising", step=0, steps=num_inference_steps)
    return _run(
        loaded,
        **texts,
        width=width,
        height=height,
        num_inference_steps=num_inference_steps,
        guidance_scale=guidance_scale,
        generator=generator,
        callback_on_step_end=_follow(loaded, width, height, num_inference_steps, report),
    )


def img2img(
    loaded: Loaded,
    *,
    image: Image.Image,
    strength: float,
    prompt: str,
    width: int,
    height: int,
    num_inference_steps: int,
    seed: int,
    report: Report,
    guidance_scale: float = 1.0,
    negative_prompt: str = "",
) -> Image.Image:
    """`image` drawn anew: `strength` of the schedule runs (at least one step), 0 < strength ≤ 1."""
    texts = _encode(loaded, prompt, negative_prompt, guidance_scale, report)
    report("encoding picture")
    clean = _latents_of(loaded, cover(image, width, height))
    sigmas = _last_part(num_inference_steps, strength)
    start = _first_sigma(loaded.pipeline, sigmas, clean, num_inference_steps)
    generator = torch.Generator("cpu").manual_seed(seed)
    noise = randn_tensor(clean.shape, generator, clean.device, clean.dtype)
    report("denoising", step=0, steps=len(sigmas))
    return _run(
        loaded,
        **texts,
        latents=(1 - start) * clean + start * noise,
        sigmas=sigmas,
        width=width,
        height=height,
        num_inference_steps=num_inference_steps,
        guidance_scale=guidance_scale,
        generator=generator,
        callback_on_step_end=_follow(loaded, width, height, len(sigmas), report),
    )


def cover(image: Image.Image, width: int, height: int) -> Image.Image:
    """`image` as RGB of exactly `width` × `height`: scaled to cover, cropped around the centre."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.LANCZOS)


def fit_preview(pipeline: Any, device: Device) -> Preview:
    """Preview factors measured on the pipeline's own VAE."""

    def encode(pictures: torch.Tensor) -> torch.Tensor:
        latents: torch.Tensor = pipeline.vae.encode(pictures).latent_dist.mode()
        return latents

    return preview.fit(encode, device.kind, device.dtype)


def _encode(
    loaded: Loaded, prompt: str, negative_prompt: str, guidance_scale: float, report: Report
) -> dict[str, torch.Tensor]:
    """The text inputs of the call; the negative one only where guidance uses it."""
    report("encoding prompt")
    texts = {"prompt_embeds": _embedding(loaded, prompt)}
    if guidance_scale > 1 and not loaded.pipeline.config.is_distilled:
        texts["negative_prompt_embeds"] = _embedding(loaded, negative_prompt)
    return texts


def _embedding(loaded: Loaded, text: str) -> torch.Tensor:
    def encode() -> torch.Tensor:
        with torch.no_grad():
            found: torch.Tensor = loaded.pipeline.encode_prompt(text, **loaded.model.call)[0]
        return found

    return loaded.embeddings.get(text, encode)


def _run(loaded: Loaded, **call: Any) -> Image.Image:
    picture: Image.Image = loaded.pipeline(**call, **loaded.model.call).images[0]
    return picture


def _follow(loaded: Loaded, width: int, height: int, steps: int, report: Report) -> StepEnd:
    """The pipeline's callback: reports each step, and with it a way to make a preview.

    Latents are noisy until the end, so the preview shows where they are heading: the step just
    made gives the velocity, and following it to sigma 0 gives the picture as guessed by now.
    """
    before: torch.Tensor | None = None

    def step_end(pipeline: Any, index: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
        nonlocal before
        previous, now = before, values["latents"]
        before = now

        def look() -> bytes:
            assert previous is not None
            here, there = pipeline.scheduler.sigmas[index : index + 2]
            clean = now - there * (now - previous) / (there - here)
            latents = _to_vae(pipeline, clean, width, height)
            return preview.to_jpeg(latents.float(), loaded.preview)

        last = index + 1 == steps
        report(
            "denoising",
            step=index + 1,
            steps=steps,
            preview=None if last or previous is None else look,
        )
        if last:
            report("decoding", step=steps, steps=steps)
        return {}

    return step_end


def _to_vae(pipeline: Any, packed: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """Packed, normalised latents (1, tokens, 4C) to VAE latents (1, C, height/8, width/8)."""
    token = pipeline.vae_scale_factor * 2
    grid = packed.view(1, height // token, width // token, -1).permute(0, 3, 1, 2)
    norm = pipeline.vae.bn
    scale = torch.sqrt(norm.running_var + pipeline.vae.config.batch_norm_eps).view(1, -1, 1, 1)
    latents: torch.Tensor = pipeline._unpatchify_latents(
        grid * scale + norm.running_mean.view(1, -1, 1, 1)
    )
    return latents


def _latents_of(loaded: Loaded, image: Image.Image) -> torch.Tensor:
    """Normalised latents (1, 4C, height/16, width/16) of a picture."""
    pipeline = loaded.pipeline
    pixels = pipeline.image_processor.preprocess(image, height=image.height, width=image.width)
    with torch.no_grad():
        latents: torch.Tensor = pipeline._encode_vae_image(
            pixels.to(loaded.device.kind, pipeline.vae.dtype), None
        )
    return latents


def _last_part(steps: int, strength: float) -> list[float]:
    """The end of the usual schedule of `steps`, at least one step of it."""
    schedule = np.linspace(1.0, 1 / steps, steps)
    skipped = min(round(steps * (1 - strength)), steps - 1)
    return [float(sigma) for sigma in schedule[skipped:]]


def _first_sigma(pipeline: Any, sigmas: list[float], clean: torch.Tensor, steps: int) -> float:
    """Where the schedule really starts: schedulers may shift it with the size of the picture."""
    scheduler = type(pipeline.scheduler).from_config(pipeline.scheduler.config)
    tokens = clean.shape[-2] * clean.shape[-1]
    scheduler.set_timesteps(sigmas=sigmas, mu=compute_empirical_mu(tokens, steps), device="cpu")
    return float(scheduler.sigmas[0])
