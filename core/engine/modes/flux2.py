"""FLUX.2: klein, distilled and base, and dev, whose guidance is an input of its transformer.

The pipelines have no image-to-image mode. Image to image starts the ordinary pipeline from the
noised latents of an image and runs only the last part of its schedule. Inpainting does the same and
restores the image outside the mask after every step, at the noise level of the step. Nothing is
stretched: the image is scaled to cover the requested size and cropped around its centre.
Transparency becomes white.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from diffusers.utils.torch_utils import randn_tensor
from PIL.Image import Image

from core.engine import latents
from core.engine.canvas.pictures import cover, cover_mask, mask_cells, reference
from core.engine.pipeline_run import PipelineRun, accepted
from core.engine.schedule import last_part, rounded_up, shifted

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

Texts = Mapping[str, Any]


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return run.render(latents.flux2, **_texts(run), **_size(run))


def generate_batch(loaded: Loaded, requests: Sequence[RenderRequest]) -> list[Image]:
    """Text to image, several in one call."""
    run = PipelineRun(loaded, *requests)
    return run.render_all(latents.flux2, **_texts(run), **_size(run))


def img2img(loaded: Loaded, request: RenderRequest) -> Image:
    """Image to image: the request's `strength` of the schedule runs, at least one step."""
    run = PipelineRun(loaded, request)
    return _from(run, _texts(run), _start(run))


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask.

    Uses the record's pipeline where it accepts a mask (klein), else masks the latents step by step.
    """
    run = PipelineRun(loaded, request)
    texts = _texts(run)
    if "mask_image" in accepted(type(run.pipeline).__call__):
        return _inpaint_with_reference(run, texts)
    start = _start(run)
    mask = cover_mask(request.stencil, request.width, request.height)
    rows, columns = start.clean.shape[-2:]
    cells = _packed(run, mask_cells(mask, rows, columns).to(start.clean))

    def keep_outside(index: int, now: torch.Tensor) -> torch.Tensor:
        outside = _packed(run, start.at(start.levels[index + 1]))
        return (cells * now + (1 - cells) * outside).to(now.dtype)

    return _from(run, texts, start, change=keep_outside)


def edit(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image with one or several reference images."""
    run = PipelineRun(loaded, request)
    model = loaded.model
    references = [
        # A model with fixed sizes cannot read references of other sizes either.
        cover(image, *model.drawn_size(*image.size)) if model.drawn_sizes else reference(image)
        for image in request.references
    ]
    return run.render(latents.flux2, **_texts(run), **_size(run), image=references)


def _texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative one only where guidance uses it."""
    request = run.request
    texts: dict[str, Any] = {"guidance_scale": request.guidance_scale}
    texts["prompt_embeds"] = run.embed_texts("prompt")
    # Dev's pipeline has neither this setting nor a negative prompt.
    if request.guidance_scale > 1 and not run.pipeline.config.get("is_distilled", True):
        texts["negative_prompt_embeds"] = run.embed_texts("negative_prompt")
    return texts


def _inpaint_with_reference(run: PipelineRun, texts: Texts) -> Image:
    """Klein's own inpainting, which also uses the image as a reference."""
    request = run.request
    strength, steps = rounded_up(request.strength, request.num_inference_steps)
    request.report("encoding image")
    return run.render(
        latents.flux2,
        steps=steps,
        **texts,
        **_size(run),
        image=cover(request.picture, request.width, request.height),
        mask_image=cover_mask(request.stencil, request.width, request.height),
        strength=strength,
    )


@dataclass(frozen=True, slots=True)
class _Start:
    """An image's latents (1, 4C, h, w), its noise, and the noise levels that will run."""

    clean: torch.Tensor
    noise: torch.Tensor
    sigmas: list[float]
    levels: list[float]

    def at(self, level: float) -> torch.Tensor:
        """The latents at a noise level of 0 … 1."""
        return (1 - level) * self.clean + level * self.noise


def _start(run: PipelineRun) -> _Start:
    request, pipeline = run.request, run.pipeline
    request.report("encoding image")
    image = cover(request.picture, request.width, request.height)
    clean = latents.of_picture(pipeline, image)
    sigmas = last_part(request.num_inference_steps, request.strength)
    tokens = clean.shape[-2] * clean.shape[-1]
    levels = shifted(pipeline.scheduler, sigmas, tokens, request.num_inference_steps)
    noise = randn_tensor(clean.shape, run.generator, clean.device, clean.dtype)
    return _Start(clean, noise, sigmas, levels)


def _from(run: PipelineRun, texts: Texts, start: _Start, **arguments: Any) -> Image:
    return run.render(
        latents.flux2,
        steps=len(start.sigmas),
        **texts,
        **_size(run),
        latents=start.at(start.levels[0]),
        sigmas=start.sigmas,
        **arguments,
    )


def _packed(run: PipelineRun, grid: torch.Tensor) -> torch.Tensor:
    packed: torch.Tensor = run.pipeline._pack_latents(grid)
    return packed


def _size(run: PipelineRun) -> dict[str, Any]:
    return {"width": run.request.width, "height": run.request.height}
