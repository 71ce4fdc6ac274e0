"""FLUX.1 Canny and Depth: every mode takes one control image, and none a negative prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import latents, starting
from core.engine.canvas.pictures import cover
from core.engine.modes.flux1_texts import texts
from core.engine.pipeline_run import PipelineRun
from core.engine.schedule import rounded_up
from core.errors import InvalidInput

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.flux1, _inputs(run))


def img2img(loaded: Loaded, request: RenderRequest) -> Image:
    """Image to image."""
    run = PipelineRun(loaded, request)
    return starting.from_picture(run, latents.flux1, _inputs(run), rounded_up)


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask."""
    run = PipelineRun(loaded, request)
    return starting.within_mask(run, latents.flux1, _inputs(run), rounded_up)


def _inputs(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call and its control image. Raises `InvalidInput` without one."""
    request = run.request
    if len(request.control) != 1:
        raise InvalidInput(
            f"{run.loaded.model.label} takes one control image, not {len(request.control)}.",
            field="control",
            fix="Send one control with its image.",
        )
    image = cover(request.control[0]["image"], request.width, request.height)
    return {**texts(run), "control_image": image}
