"""SD3.5: up to three text encoders, a transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import latents, starting
from core.engine.pipeline_run import PipelineRun
from core.engine.schedule import rounded_up

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def generate(loaded: Loaded, order: RenderRequest) -> Image:
    """From noise."""
    drawing = PipelineRun(loaded, order)
    return starting.from_noise(drawing, latents.plain, _texts(drawing))


def img2img(loaded: Loaded, order: RenderRequest) -> Image:
    """From a picture."""
    drawing = PipelineRun(loaded, order)
    texts = _texts(drawing)
    return starting.from_picture(drawing, latents.plain, texts, rounded_up)


def inpaint(loaded: Loaded, order: RenderRequest) -> Image:
    """From a picture, within a mask."""
    drawing = PipelineRun(loaded, order)
    return starting.within_mask(drawing, latents.plain, _texts(drawing), rounded_up)


def _texts(drawing: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    order = drawing.order
    skip = {"clip_skip": order.clip_skip} if order.clip_skip else {}
    embeds, pooled = drawing.embed(order.prompt, **skip)
    texts: dict[str, Any] = {
        "guidance_scale": order.guidance_scale,
        "prompt_embeds": embeds,
        "pooled_prompt_embeds": pooled,
    }
    if order.guidance_scale > 1:
        away, pooled_away = drawing.embed(order.negative_prompt)
        texts |= {"negative_prompt_embeds": away, "negative_pooled_prompt_embeds": pooled_away}
    return texts
