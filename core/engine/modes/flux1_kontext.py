"""FLUX.1 Kontext: editing by words. It looks at one picture, so several are joined into one.

Left alone the pipeline draws one megapixel whatever was asked, and stretches the reference to one
of its preferred sizes: both are told not to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import latents
from core.engine.canvas.pictures import cover, cover_mask, reference, side_by_side
from core.engine.modes.flux1_texts import guided_texts
from core.engine.pipeline_run import PipelineRun
from core.engine.schedule import rounded_up

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def generate(loaded: Loaded, order: RenderRequest) -> Image:
    """From noise, without a picture to look at."""
    drawing = PipelineRun(loaded, order)
    return drawing.run(latents.flux1, **guided_texts(drawing), **_size(order))


def edit(loaded: Loaded, order: RenderRequest) -> Image:
    """From noise, looking at the references."""
    drawing = PipelineRun(loaded, order)
    joined = reference(side_by_side([reference(one) for one in order.references]))
    return drawing.run(latents.flux1, **guided_texts(drawing), image=joined, **_size(order))


def inpaint(loaded: Loaded, order: RenderRequest) -> Image:
    """Editing within the white of a mask."""
    drawing = PipelineRun(loaded, order)
    texts = guided_texts(drawing)
    strength, steps = rounded_up(order.strength, order.num_inference_steps)
    return drawing.run(
        latents.flux1,
        steps=steps,
        **texts,
        image=cover(order.picture, order.width, order.height),
        mask_image=cover_mask(order.stencil, order.width, order.height),
        strength=strength,
        **_size(order),
    )


def _size(order: RenderRequest) -> dict[str, Any]:
    return {
        "width": order.width,
        "height": order.height,
        "max_area": order.width * order.height,
        "_auto_resize": False,
    }
