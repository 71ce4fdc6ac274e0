"""FLUX.1 Fill: inpainting and outpainting. It has no negative prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL.Image import Image

from core.engine import latents, starting
from core.engine.modes.flux1_texts import texts
from core.engine.pipeline_run import PipelineRun
from core.engine.schedule import rounded_up

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask."""
    run = PipelineRun(loaded, request)
    return starting.within_mask(run, latents.flux1, texts(run), rounded_up)
