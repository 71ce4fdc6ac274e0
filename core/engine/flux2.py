"""What both kinds of FLUX.2 share: starting from a picture, which their pipelines cannot.

Image to image starts the ordinary pipeline from the noised latents of a picture and runs only the
last part of its schedule. Inpainting does that too, and puts the picture back outside the mask
after every step, at the noise level of the step. Nothing is stretched: the picture is scaled to
cover the asked size and cropped around its centre. Transparency becomes white.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.utils.torch_utils import randn_tensor
from PIL.Image import Image

from core.engine import latents
from core.engine.canvas.pictures import cover, cover_mask, mask_cells, reference
from core.engine.pipeline_run import PipelineRun, accepted
from core.engine.schedule import last_part, rounded_up, shifted

Texts = Mapping[str, Any]


def generate(drawing: PipelineRun, texts: Texts) -> Image:
    """From noise."""
    return drawing.run(latents.flux2, **texts, **_size(drawing))


def img2img(drawing: PipelineRun, texts: Texts) -> Image:
    """From a picture: the order's `strength` of the schedule runs, at least one step."""
    start = _start(drawing)
    return _from(drawing, texts, start)


def inpaint(drawing: PipelineRun, texts: Texts) -> Image:
    """From a picture, which stays outside the white of the mask.

    By the record's pipeline where that one inpaints, else by ours.
    """
    if "mask_image" in accepted(type(drawing.pipeline).__call__):
        return _inpaint_looking(drawing, texts)
    order, start = drawing.order, _start(drawing)
    mask = cover_mask(order.stencil, order.width, order.height)
    rows, columns = start.clean.shape[-2:]
    cells = _packed(drawing, mask_cells(mask, rows, columns).to(start.clean))

    def keep_outside(index: int, now: torch.Tensor) -> torch.Tensor:
        outside = _packed(drawing, start.at(start.levels[index + 1]))
        return (cells * now + (1 - cells) * outside).to(now.dtype)

    return _from(drawing, texts, start, change=keep_outside)


def _inpaint_looking(drawing: PipelineRun, texts: Texts) -> Image:
    """Klein's own way: it also looks at the picture as at a reference."""
    order = drawing.order
    strength, steps = rounded_up(order.strength, order.num_inference_steps)
    order.report("encoding picture")
    return drawing.run(
        latents.flux2,
        steps=steps,
        **texts,
        **_size(drawing),
        image=cover(order.picture, order.width, order.height),
        mask_image=cover_mask(order.stencil, order.width, order.height),
        strength=strength,
    )


def edit(drawing: PipelineRun, texts: Texts) -> Image:
    """From noise, looking at the references."""
    model = drawing.loaded.model
    references = [
        # What knows only some sizes cannot read others either.
        cover(one, *model.snap(*one.size)) if model.sizes else reference(one)
        for one in drawing.order.references
    ]
    return drawing.run(latents.flux2, **texts, **_size(drawing), image=references)


@dataclass(frozen=True, slots=True)
class _Start:
    """A picture's latents (1, 4C, h, w), its noise, and the noise levels that will be run."""

    clean: torch.Tensor
    noise: torch.Tensor
    sigmas: list[float]
    levels: list[float]

    def at(self, level: float) -> torch.Tensor:
        """The picture at a noise level of 0 … 1."""
        return (1 - level) * self.clean + level * self.noise


def _start(drawing: PipelineRun) -> _Start:
    order, pipeline = drawing.order, drawing.pipeline
    order.report("encoding picture")
    clean = latents.of_picture(pipeline, cover(order.picture, order.width, order.height))
    sigmas = last_part(order.num_inference_steps, order.strength)
    tokens = clean.shape[-2] * clean.shape[-1]
    levels = shifted(pipeline.scheduler, sigmas, tokens, order.num_inference_steps)
    noise = randn_tensor(clean.shape, drawing.generator, clean.device, clean.dtype)
    return _Start(clean, noise, sigmas, levels)


def _from(drawing: PipelineRun, texts: Texts, start: _Start, **more: Any) -> Image:
    return drawing.run(
        latents.flux2,
        steps=len(start.sigmas),
        **texts,
        **_size(drawing),
        latents=start.at(start.levels[0]),
        sigmas=start.sigmas,
        **more,
    )


def _packed(drawing: PipelineRun, grid: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = drawing.pipeline._pack_latents(grid)
    return found


def _size(drawing: PipelineRun) -> dict[str, Any]:
    return {"width": drawing.order.width, "height": drawing.order.height}
