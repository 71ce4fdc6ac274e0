"""SD1.5: one text encoder, a UNet. Its image to image takes its size from the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import latents
from core.engine.drawing import Drawing
from core.engine.pictures import cover, cover_mask
from core.engine.schedule import steps_of, strength_of

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.order import Order


def generate(loaded: Loaded, order: Order) -> Image:
    """From noise."""
    drawing = Drawing(loaded, order)
    texts = _texts(drawing)
    return drawing.run(latents.plain, **texts, width=order.width, height=order.height)


def img2img(loaded: Loaded, order: Order) -> Image:
    """From a picture: `strength` of the schedule runs, at least one step."""
    drawing = Drawing(loaded, order)
    texts = _texts(drawing)
    strength = strength_of(order.num_inference_steps, order.strength)
    return drawing.run(
        latents.plain,
        steps=steps_of(order.num_inference_steps, strength),
        **texts,
        image=cover(order.picture, order.width, order.height),
        strength=strength,
    )


def inpaint(loaded: Loaded, order: Order) -> Image:
    """From a picture, which stays outside the white of the mask."""
    drawing = Drawing(loaded, order)
    texts = _texts(drawing)
    strength = strength_of(order.num_inference_steps, order.strength)
    return drawing.run(
        latents.plain,
        steps=steps_of(order.num_inference_steps, strength),
        **texts,
        image=cover(order.picture, order.width, order.height),
        mask_image=cover_mask(order.mask, order.width, order.height),
        strength=strength,
        width=order.width,
        height=order.height,
    )


def _texts(drawing: Drawing) -> dict[str, Any]:
    """The text inputs of the call; the negative one only where guidance uses it."""
    order = drawing.order
    skip = {"clip_skip": order.clip_skip} if order.clip_skip else {}
    texts: dict[str, Any] = {"guidance_scale": order.guidance_scale}
    (texts["prompt_embeds"],) = drawing.embed(order.prompt, **skip)
    if order.guidance_scale > 1:
        # Without clip_skip, as diffusers has it.
        (texts["negative_prompt_embeds"],) = drawing.embed(order.negative_prompt)
    return texts
