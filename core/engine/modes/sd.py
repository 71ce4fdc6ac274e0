"""SDXL and SD1.5: a UNet. Their image to image takes its size from the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image

from core.engine import latents, starting
from core.engine.pipeline_run import PipelineRun
from core.engine.schedule import rounded_down

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

# What a text becomes, in the order of `encode_prompt`: SD1.5 has only the first.
_TEXTS = ("prompt_embeds", "pooled_prompt_embeds")


def generate(loaded: Loaded, order: RenderRequest) -> Image:
    """From noise."""
    drawing = PipelineRun(loaded, order)
    return starting.from_noise(drawing, latents.plain, _texts(drawing))


def img2img(loaded: Loaded, order: RenderRequest) -> Image:
    """From a picture."""
    drawing = PipelineRun(loaded, order)
    texts = _texts(drawing)
    return starting.from_picture(drawing, latents.plain, texts, rounded_down, sized=False)


def inpaint(loaded: Loaded, order: RenderRequest) -> Image:
    """From a picture, within a mask."""
    drawing = PipelineRun(loaded, order)
    return starting.within_mask(drawing, latents.plain, _texts(drawing), rounded_down)


def _texts(drawing: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    order = drawing.order
    skip = {"clip_skip": order.clip_skip} if order.clip_skip else {}
    wanted = drawing.embed(order.prompt, **skip)
    texts: dict[str, Any] = dict(zip(_TEXTS, wanted, strict=False))
    if order.guidance_scale > 1:
        away = _negative(drawing, wanted)
        texts |= {f"negative_{name}": one for name, one in zip(_TEXTS, away, strict=False)}
    return {"guidance_scale": order.guidance_scale, **texts}


def _negative(drawing: PipelineRun, wanted: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """Nothing to avoid is zeros for the models that were trained so, else an empty text."""
    text = drawing.order.negative_prompt
    if not text and drawing.pipeline.config.get("force_zeros_for_empty_prompt", False):
        return tuple(torch.zeros_like(one) for one in wanted)
    return drawing.embed(text)
