"""SD3.5: up to three text encoders, a transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import latents, starting
from core.engine.pipeline_run import PipelineRun
from core.engine.regions import regional
from core.engine.schedule import rounded_up

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.plain, _texts(run))


def img2img(loaded: Loaded, request: RenderRequest) -> Image:
    """Image to image."""
    run = PipelineRun(loaded, request)
    return starting.from_picture(run, latents.plain, _texts(run), rounded_up)


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask."""
    run = PipelineRun(loaded, request)
    return starting.within_mask(run, latents.plain, _texts(run), rounded_up)


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    request = run.request
    skip = {"clip_skip": request.clip_skip} if request.clip_skip else {}
    embeds, pooled = run.embed(request.prompt, **skip)
    texts: dict[str, Any] = {
        "guidance_scale": request.guidance_scale,
        "prompt_embeds": embeds,
        "pooled_prompt_embeds": pooled,
    }
    if request.guidance_scale > 1:
        negative, pooled_negative = run.embed(request.negative_prompt)
        texts |= {
            "negative_prompt_embeds": negative,
            "negative_pooled_prompt_embeds": pooled_negative,
        }
    return texts
