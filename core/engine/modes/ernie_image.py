"""ERNIE-Image without its prompt enhancer. It has text to image only, so `core.engine.noised`
starts it from images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import latents, noised, starting
from core.engine.pipeline_run import PipelineRun
from core.engine.regions import regional

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.ernie_image, _texts(run))


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
    """The text inputs of the call; the negative ones only where guidance uses them."""
    request = run.request
    texts: dict[str, Any] = {
        "guidance_scale": request.guidance_scale,
        "prompt_embeds": [*run.embed(request.prompt)],
    }
    if request.guidance_scale > 1:
        texts["negative_prompt_embeds"] = [*run.embed(request.negative_prompt)]
    return texts


def _shift(_pipeline: Any, _tokens: int, _steps: int) -> float:
    return 0.0  # its shift is the same for every size


_PACKING = noised.Packing(
    latents.ernie_image_of_picture, noised.as_grid, noised.as_grid, _shift, latents.ernie_image
)
