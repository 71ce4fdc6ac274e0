"""Z-Image: a chat model reads the prompt; guidance counts from 0 in the pipelines, from 1 here."""

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
    """The text inputs of the call; the negative ones only where guidance uses them.

    The pipelines add `guidance_scale` times the difference to the positive prediction.
    """
    request = run.request
    texts: dict[str, Any] = {
        "guidance_scale": max(0.0, request.guidance_scale - 1),
        "prompt_embeds": [*run.embed(request.prompt)],
    }
    if request.guidance_scale > 1:
        texts["negative_prompt_embeds"] = [*run.embed(request.negative_prompt)]
    return texts
