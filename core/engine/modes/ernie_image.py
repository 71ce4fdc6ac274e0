"""ERNIE-Image: text to image, without its prompt enhancer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import latents, starting
from core.engine.pipeline_run import PipelineRun
from core.engine.regions import regional

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.ernie_image, _texts(run))


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    request = run.request
    texts: dict[str, Any] = {
        "guidance_scale": request.guidance_scale,
        "prompt_embeds": [*run.embed(request.prompt)],
    }
    if request.guidance_scale > 1:
        texts["negative_prompt_embeds"] = [*run.embed(request.negative_prompt)]
    return texts
