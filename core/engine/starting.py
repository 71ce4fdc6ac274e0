"""How most pipelines are called: from noise, from a picture, within a mask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PIL.Image import Image

from core.engine.canvas.pictures import cover, cover_mask
from core.engine.latents import ToVae
from core.engine.pipeline_run import PipelineRun

# (strength, steps) as a pipeline must get them so that the asked share of the steps runs.
Rounding = Callable[[float, int], tuple[float, int]]


def from_noise(drawing: PipelineRun, to_vae: ToVae, texts: Mapping[str, Any]) -> Image:
    """A new picture."""
    return drawing.run(to_vae, **texts, **_size(drawing))


def from_picture(
    drawing: PipelineRun,
    to_vae: ToVae,
    texts: Mapping[str, Any],
    rounding: Rounding,
    *,
    sized: bool = True,
) -> Image:
    """From a picture: `strength` of the schedule runs, at least one step.

    A pipeline that is not `sized` takes its size from the picture.
    """
    order = drawing.order
    strength, steps = rounding(order.strength, order.num_inference_steps)
    picture = cover(order.picture, order.width, order.height)
    size = _size(drawing) if sized else {}
    return drawing.run(to_vae, steps=steps, **texts, image=picture, strength=strength, **size)


def within_mask(
    drawing: PipelineRun, to_vae: ToVae, texts: Mapping[str, Any], rounding: Rounding
) -> Image:
    """From a picture, which stays outside the white of the mask."""
    order = drawing.order
    strength, steps = rounding(order.strength, order.num_inference_steps)
    return drawing.run(
        to_vae,
        steps=steps,
        **texts,
        image=cover(order.picture, order.width, order.height),
        mask_image=cover_mask(order.stencil, order.width, order.height),
        strength=strength,
        **_size(drawing),
    )


def _size(drawing: PipelineRun) -> dict[str, Any]:
    return {"width": drawing.order.width, "height": drawing.order.height}
