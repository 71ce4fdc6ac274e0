"""FLUX.1 Fill: paints within a mask, and beyond the edge of a picture. It avoids nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL.Image import Image

from core.engine import latents
from core.engine.canvas.pictures import cover, cover_mask
from core.engine.modes.flux1_texts import texts
from core.engine.pipeline_run import PipelineRun
from core.engine.schedule import rounded_up

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def inpaint(loaded: Loaded, order: RenderRequest) -> Image:
    """What is white in the mask is painted to go with the rest."""
    drawing = PipelineRun(loaded, order)
    found = texts(drawing)
    strength, steps = rounded_up(order.strength, order.num_inference_steps)
    return drawing.run(
        latents.flux1,
        steps=steps,
        **found,
        image=cover(order.picture, order.width, order.height),
        mask_image=cover_mask(order.stencil, order.width, order.height),
        strength=strength,
        width=order.width,
        height=order.height,
    )
