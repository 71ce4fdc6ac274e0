"""FLUX.1 dev and schnell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL.Image import Image

from core.engine import latents, starting
from core.engine.modes.flux1_texts import guided_texts
from core.engine.pipeline_run import PipelineRun
from core.engine.schedule import rounded_up

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def generate(loaded: Loaded, order: RenderRequest) -> Image:
    """From noise."""
    drawing = PipelineRun(loaded, order)
    return starting.from_noise(drawing, latents.flux1, guided_texts(drawing))


def img2img(loaded: Loaded, order: RenderRequest) -> Image:
    """From a picture."""
    drawing = PipelineRun(loaded, order)
    texts = guided_texts(drawing)
    return starting.from_picture(drawing, latents.flux1, texts, rounded_up)


def inpaint(loaded: Loaded, order: RenderRequest) -> Image:
    """From a picture, within a mask."""
    drawing = PipelineRun(loaded, order)
    return starting.within_mask(drawing, latents.flux1, guided_texts(drawing), rounded_up)
