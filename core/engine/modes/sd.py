"""SDXL and SD1.5: a UNet. Their image to image takes its size from the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image

from core.engine import clip_prompts, latents, starting
from core.engine.pipeline_run import PipelineRun
from core.engine.regions import regional
from core.engine.schedule import rounded_down

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

# The tensors that `encode_prompt` returns, in its order: SD1.5 has only the first.
_TEXTS = ("prompt_embeds", "pooled_prompt_embeds")


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.plain, _texts(run))


def img2img(loaded: Loaded, request: RenderRequest) -> Image:
    """Image to image."""
    run = PipelineRun(loaded, request)
    return starting.from_picture(run, latents.plain, _texts(run), rounded_down, sized=False)


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask."""
    run = PipelineRun(loaded, request)
    return starting.within_mask(run, latents.plain, _texts(run), rounded_down)


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    request = run.request
    skip = {"clip_skip": request.clip_skip} if request.clip_skip else {}
    positive = clip_prompts.embed(run, request.prompt, **skip)
    texts: dict[str, Any] = {"guidance_scale": request.guidance_scale}
    if request.guidance_scale > 1:
        negative = _negative(run, positive)
        longest = max(positive[0].shape[1], negative[0].shape[1])
        positive = clip_prompts.padded(run, positive, longest, **skip)
        negative = clip_prompts.padded(run, negative, longest)
        texts |= {f"negative_{name}": value for name, value in zip(_TEXTS, negative, strict=False)}
    return {**texts, **dict(zip(_TEXTS, positive, strict=False))}


def _negative(run: PipelineRun, positive: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """An empty negative prompt is zeros for models that were trained so, else an empty text."""
    text = run.request.negative_prompt
    if not text and run.pipeline.config.get("force_zeros_for_empty_prompt", False):
        return tuple(torch.zeros_like(tensor) for tensor in positive)
    return clip_prompts.embed(run, text)
