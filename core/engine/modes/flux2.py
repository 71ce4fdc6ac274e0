"""FLUX.2: klein, distilled and base, and dev, whose guidance is an input of its transformer.

The pipelines have no image-to-image mode: `core.engine.noised` starts the ordinary one. Nothing is
stretched: the image is scaled to cover the requested size and cropped around its centre.
Transparency becomes white.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image

from core.engine import latents, noised
from core.engine.canvas.pictures import cover, cover_mask, reference
from core.engine.pipeline_run import PipelineRun, accepted
from core.engine.regions import regional
from core.engine.schedule import rounded_up

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
    return noised.from_picture(run, _PACKING, _texts(run))


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask.

    Uses the record's pipeline where it accepts a mask (klein), else masks the latents step by step.
    """
    run = PipelineRun(loaded, request)
    texts = _texts(run)
    if "mask_image" in accepted(type(run.pipeline).__call__):
        return _inpaint_with_reference(run, texts)
    return noised.within_mask(run, _PACKING, texts)


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


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative one only where guidance uses it."""
    request = run.request
    names = accepted(type(run.pipeline).__call__)
    texts: dict[str, Any] = {}
    if "guidance_scale" in names:  # the pipeline of KV has none
        texts["guidance_scale"] = request.guidance_scale
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


def _packed(pipeline: Any, grid: torch.Tensor) -> torch.Tensor:
    packed: torch.Tensor = pipeline._pack_latents(grid)
    return packed


def _shift(pipeline: Any, tokens: int, steps: int) -> float:
    from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

    return float(compute_empirical_mu(tokens, steps))


_PACKING = noised.Packing(latents.of_picture, _packed, noised.as_grid, _shift, latents.flux2)


def _size(run: PipelineRun) -> dict[str, Any]:
    return {"width": run.request.width, "height": run.request.height}
