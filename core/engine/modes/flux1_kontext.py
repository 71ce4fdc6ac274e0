"""FLUX.1 Kontext: editing by instructions. It takes one reference, so several are joined into one.

By default the pipeline generates one megapixel whatever size is requested, and stretches the
reference to one of its preferred sizes: `max_area` and `_auto_resize` turn both off.
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


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image, without a reference."""
    run = PipelineRun(loaded, request)
    return run.render(latents.flux1, **guided_texts(run), **_size(request))


def edit(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image with one or several reference images."""
    run = PipelineRun(loaded, request)
    joined = reference(side_by_side([reference(image) for image in request.references]))
    return run.render(latents.flux1, **guided_texts(run), image=joined, **_size(request))


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Edit within the white of a mask."""
    run = PipelineRun(loaded, request)
    texts = guided_texts(run)
    strength, steps = rounded_up(request.strength, request.num_inference_steps)
    return run.render(
        latents.flux1,
        steps=steps,
        **texts,
        image=cover(request.picture, request.width, request.height),
        mask_image=cover_mask(request.stencil, request.width, request.height),
        strength=strength,
        **_size(request),
    )


def _size(request: RenderRequest) -> dict[str, Any]:
    return {
        "width": request.width,
        "height": request.height,
        "max_area": request.width * request.height,
        "_auto_resize": False,
    }
