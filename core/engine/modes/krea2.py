"""Krea 2: guidance counts from 0 in the pipeline, from 1 here. It has text to image only, so
`core.engine.noised` starts it from images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image

from core.engine import latents, noised, starting
from core.engine.pipeline_run import PipelineRun
from core.engine.regions import regional
from core.engine.schedule import linear_shift

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

DISTILLED_SHIFT = 1.15  # the pipeline's own, for any size


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.qwen_image, _texts(run))


def img2img(loaded: Loaded, request: RenderRequest) -> Image:
    """Image to image."""
    run = PipelineRun(loaded, request)
    return noised.from_picture(run, _PACKING, _texts(run))


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask."""
    run = PipelineRun(loaded, request)
    return noised.within_mask(run, _PACKING, _texts(run))


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them.

    The pipeline adds `guidance_scale` times the difference to the positive prediction.
    """
    request = run.request
    embeds, mask = run.embed(request.prompt)
    texts: dict[str, Any] = {
        "guidance_scale": max(0.0, request.guidance_scale - 1),
        "prompt_embeds": embeds,
        "prompt_embeds_mask": mask,
    }
    if request.guidance_scale > 1:
        negative, negative_mask = run.embed(request.negative_prompt)
        texts |= {
            "negative_prompt_embeds": negative,
            "negative_prompt_embeds_mask": negative_mask,
        }
    return texts


def _tokens(pipeline: Any, grid: torch.Tensor) -> torch.Tensor:
    packed: torch.Tensor = pipeline._pack_latents(grid, *grid.shape)
    return packed


def _shift(pipeline: Any, tokens: int, steps: int) -> float:
    if pipeline.config.is_distilled:
        return DISTILLED_SHIFT
    return linear_shift(pipeline.scheduler, tokens, longest=6400)


_PACKING = noised.Packing(
    latents.qwen_image_of_picture, _tokens, _tokens, _shift, latents.qwen_image
)
