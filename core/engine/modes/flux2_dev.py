"""FLUX.2 dev on `Flux2Pipeline`. Guidance is an input of the transformer; nothing is avoided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import flux2
from core.engine.drawing import Drawing

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.order import Order


def generate(loaded: Loaded, order: Order) -> Image:
    """From noise."""
    drawing = Drawing(loaded, order)
    return flux2.generate(drawing, _texts(drawing))


def img2img(loaded: Loaded, order: Order) -> Image:
    """From a picture."""
    drawing = Drawing(loaded, order)
    return flux2.img2img(drawing, _texts(drawing))


def inpaint(loaded: Loaded, order: Order) -> Image:
    """From a picture, within a mask."""
    drawing = Drawing(loaded, order)
    return flux2.inpaint(drawing, _texts(drawing))


def edit(loaded: Loaded, order: Order) -> Image:
    """From noise, looking at one or several pictures."""
    drawing = Drawing(loaded, order)
    return flux2.edit(drawing, _texts(drawing))


def _texts(drawing: Drawing) -> dict[str, Any]:
    order = drawing.order
    return {
        "guidance_scale": order.guidance_scale,
        "prompt_embeds": drawing.embed(order.prompt)[0],
    }
