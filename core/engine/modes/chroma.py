"""Chroma: one text encoder whose padding is masked, and guidance by a second run of the network."""

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
    return starting.from_noise(drawing, latents.flux1, _texts(drawing))


def img2img(loaded: Loaded, order: RenderRequest) -> Image:
    """From a picture."""
    drawing = PipelineRun(loaded, order)
    return starting.from_picture(drawing, latents.flux1, _texts(drawing), rounded_up)


def inpaint(loaded: Loaded, order: RenderRequest) -> Image:
    """From a picture, within a mask."""
    drawing = PipelineRun(loaded, order)
    # diffusers 0.42 asks there for a setting that only FLUX.1's network has.
    drawing.pipeline.transformer.register_to_config(guidance_embeds=False)
    return starting.within_mask(drawing, latents.flux1, _texts(drawing), rounded_up)


def _texts(drawing: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    order = drawing.order
    embeds, _ids, mask = drawing.embed(order.prompt)
    texts: dict[str, Any] = {
        "guidance_scale": order.guidance_scale,
        "prompt_embeds": embeds,
        "prompt_attention_mask": mask,
    }
    if order.guidance_scale > 1:
        away, _ids, away_mask = drawing.embed(order.negative_prompt)
        texts |= {"negative_prompt_embeds": away, "negative_prompt_attention_mask": away_mask}
    return texts
