"""SDXL and SD1.5: a UNet. Their image to image takes its size from the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image

from core.engine import latents
from core.engine.drawing import Drawing
from core.engine.pictures import cover, cover_mask
from core.engine.schedule import rounded_down

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.order import Order

# What a text becomes, in the order of `encode_prompt`: SD1.5 has only the first.
_TEXTS = ("prompt_embeds", "pooled_prompt_embeds")


def generate(loaded: Loaded, order: Order) -> Image:
    """From noise."""
    drawing = Drawing(loaded, order)
    texts = _texts(drawing)
    return drawing.run(latents.plain, **texts, width=order.width, height=order.height)


def img2img(loaded: Loaded, order: Order) -> Image:
    """From a picture: `strength` of the schedule runs, at least one step."""
    drawing = Drawing(loaded, order)
    texts = _texts(drawing)
    strength, steps = rounded_down(order.strength, order.num_inference_steps)
    picture = cover(order.picture, order.width, order.height)
    return drawing.run(latents.plain, steps=steps, **texts, image=picture, strength=strength)


def inpaint(loaded: Loaded, order: Order) -> Image:
    """From a picture, which stays outside the white of the mask."""
    drawing = Drawing(loaded, order)
    texts = _texts(drawing)
    strength, steps = rounded_down(order.strength, order.num_inference_steps)
    return drawing.run(
        latents.plain,
        steps=steps,
        **texts,
        image=cover(order.picture, order.width, order.height),
        mask_image=cover_mask(order.stencil, order.width, order.height),
        strength=strength,
        width=order.width,
        height=order.height,
    )


def _texts(drawing: Drawing) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    order = drawing.order
    skip = {"clip_skip": order.clip_skip} if order.clip_skip else {}
    wanted = drawing.embed(order.prompt, **skip)
    texts: dict[str, Any] = dict(zip(_TEXTS, wanted, strict=False))
    if order.guidance_scale > 1:
        away = _negative(drawing, wanted)
        texts |= {f"negative_{name}": one for name, one in zip(_TEXTS, away, strict=False)}
    return {"guidance_scale": order.guidance_scale, **texts}


def _negative(drawing: Drawing, wanted: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """Nothing to avoid is zeros for the models that were trained so, else an empty text."""
    text = drawing.order.negative_prompt
    if not text and drawing.pipeline.config.get("force_zeros_for_empty_prompt", False):
        return tuple(torch.zeros_like(one) for one in wanted)
    return drawing.embed(text)
