"""FLUX.2: klein, distilled and base, and dev, whose guidance is an input of its transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import flux2
from core.engine.pipeline_run import PipelineRun

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def generate(loaded: Loaded, order: RenderRequest) -> Image:
    """From noise."""
    drawing = PipelineRun(loaded, order)
    return flux2.generate(drawing, _texts(drawing))


def img2img(loaded: Loaded, order: RenderRequest) -> Image:
    """From a picture."""
    drawing = PipelineRun(loaded, order)
    return flux2.img2img(drawing, _texts(drawing))


def inpaint(loaded: Loaded, order: RenderRequest) -> Image:
    """From a picture, within a mask."""
    drawing = PipelineRun(loaded, order)
    return flux2.inpaint(drawing, _texts(drawing))


def edit(loaded: Loaded, order: RenderRequest) -> Image:
    """From noise, looking at one or several pictures."""
    drawing = PipelineRun(loaded, order)
    return flux2.edit(drawing, _texts(drawing))


def _texts(drawing: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative one only where guidance uses it."""
    order = drawing.order
    texts: dict[str, Any] = {"guidance_scale": order.guidance_scale}
    texts["prompt_embeds"] = drawing.embed(order.prompt)[0]
    # Dev's pipeline knows no such setting: it has nothing to avoid.
    if order.guidance_scale > 1 and not drawing.pipeline.config.get("is_distilled", True):
        texts["negative_prompt_embeds"] = drawing.embed(order.negative_prompt)[0]
    return texts
