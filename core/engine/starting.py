"""The three ways to call most pipelines: from noise, from an image, within a mask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PIL.Image import Image

from core.engine.canvas.pictures import cover, cover_mask
from core.engine.latents import ToVae
from core.engine.pipeline_run import PipelineRun

# (strength, steps) as a pipeline must get them so that the requested share of the steps runs.
Rounding = Callable[[float, int], tuple[float, int]]


def from_noise(run: PipelineRun, to_vae: ToVae, texts: Mapping[str, Any]) -> Image:
    """Text to image."""
    return run.render(to_vae, **texts, **_size(run))


def from_picture(
    run: PipelineRun,
    to_vae: ToVae,
    texts: Mapping[str, Any],
    rounding: Rounding,
    *,
    sized: bool = True,
) -> Image:
    """Image to image: `strength` of the schedule runs, at least one step.

    A pipeline that is not `sized` takes its size from the image.
    """
    request = run.request
    strength, steps = rounding(request.strength, request.num_inference_steps)
    if request.denoising_start:  # the pipeline then ignores the strength
        steps = round(request.num_inference_steps * (1 - request.denoising_start))
    image = request.latents
    if image is None:
        image = cover(request.picture, request.width, request.height)
    size = _size(run) if sized else {}
    return run.render(to_vae, steps=steps, **texts, image=image, strength=strength, **size)


def within_mask(
    run: PipelineRun, to_vae: ToVae, texts: Mapping[str, Any], rounding: Rounding
) -> Image:
    """Inpaint: the image stays as it is outside the white of the mask."""
    request = run.request
    strength, steps = rounding(request.strength, request.num_inference_steps)
    return run.render(
        to_vae,
        steps=steps,
        **texts,
        image=cover(request.picture, request.width, request.height),
        mask_image=cover_mask(request.stencil, request.width, request.height),
        strength=strength,
        **_size(run),
    )


def _size(run: PipelineRun) -> dict[str, Any]:
    return {"width": run.request.width, "height": run.request.height}
