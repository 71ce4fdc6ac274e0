"""FLUX.1 dev and schnell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL.Image import Image

from core.engine import latents
from core.engine.drawing import Drawing
from core.engine.flux1 import guided_texts
from core.engine.pictures import cover, cover_mask
from core.engine.schedule import rounded_up

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.order import Order


def generate(loaded: Loaded, order: Order) -> Image:
    """From noise."""
    drawing = Drawing(loaded, order)
    texts = guided_texts(drawing)
    return drawing.run(latents.flux1, **texts, width=order.width, height=order.height)


def img2img(loaded: Loaded, order: Order) -> Image:
    """From a picture: `strength` of the schedule runs, at least one step."""
    drawing = Drawing(loaded, order)
    texts = guided_texts(drawing)
    strength, steps = rounded_up(order.strength, order.num_inference_steps)
    return drawing.run(
        latents.flux1,
        steps=steps,
        **texts,
        image=cover(order.picture, order.width, order.height),
        strength=strength,
        width=order.width,
        height=order.height,
    )


def inpaint(loaded: Loaded, order: Order) -> Image:
    """From a picture, which stays outside the white of the mask."""
    drawing = Drawing(loaded, order)
    texts = guided_texts(drawing)
    strength, steps = rounded_up(order.strength, order.num_inference_steps)
    return drawing.run(
        latents.flux1,
        steps=steps,
        **texts,
        image=cover(order.picture, order.width, order.height),
        mask_image=cover_mask(order.stencil, order.width, order.height),
        strength=strength,
        width=order.width,
        height=order.height,
    )
