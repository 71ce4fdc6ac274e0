"""Start a pipeline without an image-to-image mode from the noised latents of an image.

It runs only the last part of its schedule. Within a mask, the image is restored outside it after
every step, at the noise level of the step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.utils.torch_utils import randn_tensor
from PIL.Image import Image

from core.engine.canvas.pictures import cover, cover_mask, mask_cells
from core.engine.latents import ToVae
from core.engine.pipeline_run import PipelineRun, accepted
from core.engine.schedule import last_part, shifted, shorten

# (pipeline, a grid of latents) to latents in another form.
Form = Callable[[Any, torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Packing:
    """The latents of a family.

    `encode` returns the clean latents of an image as a grid (1, C, h, w). `tokens` has the form of
    the latents between steps, `given` of those that the pipeline is called with. `shift` is the
    `mu` of a schedule, from the pipeline, the number of tokens and the number of steps.
    """

    encode: Callable[[Any, Image], torch.Tensor]
    tokens: Form
    given: Form
    shift: Callable[[Any, int, int], float]
    to_vae: ToVae


def as_grid(pipeline: Any, grid: torch.Tensor) -> torch.Tensor:
    """The `given` of a pipeline that packs latents itself."""
    return grid


@dataclass(frozen=True, slots=True)
class _Start:
    """An image's latents, its noise, and the noise levels that will run."""

    clean: torch.Tensor
    noise: torch.Tensor
    sigmas: list[float]
    levels: list[float]

    def at(self, level: float) -> torch.Tensor:
        """The latents at a noise level of 0 … 1."""
        return (1 - level) * self.clean + level * self.noise


def from_picture(run: PipelineRun, packing: Packing, texts: Mapping[str, Any]) -> Image:
    """Image to image: the request's `strength` of the schedule runs, at least one step."""
    return _run(run, packing, texts, _start(run, packing))


def within_mask(run: PipelineRun, packing: Packing, texts: Mapping[str, Any]) -> Image:
    """Repaint the white of the mask."""
    request = run.request
    start = _start(run, packing)
    mask = cover_mask(request.stencil, request.width, request.height)
    cells = mask_cells(mask, *start.clean.shape[-2:]).to(start.clean).expand_as(start.clean)
    inside = packing.tokens(run.pipeline, cells)

    def keep_outside(index: int, now: torch.Tensor) -> torch.Tensor:
        outside = packing.tokens(run.pipeline, start.at(start.levels[index + 1]))
        return (inside * now + (1 - inside) * outside).to(now.dtype)

    return _run(run, packing, texts, start, change=keep_outside)


def _start(run: PipelineRun, packing: Packing) -> _Start:
    request, pipeline = run.request, run.pipeline
    request.report("encoding image")
    clean = packing.encode(pipeline, cover(request.picture, request.width, request.height))
    sigmas = last_part(request.num_inference_steps, request.strength, run.sigmas)
    tokens = packing.tokens(pipeline, clean).shape[1]
    mu = packing.shift(pipeline, tokens, request.num_inference_steps)
    levels = shifted(pipeline.scheduler, sigmas, mu)
    noise = randn_tensor(clean.shape, run.generator, clean.device, clean.dtype)
    return _Start(clean, noise, sigmas, levels)


def _run(
    run: PipelineRun, packing: Packing, texts: Mapping[str, Any], start: _Start, **arguments: Any
) -> Image:
    if "sigmas" in accepted(type(run.pipeline).__call__):
        arguments["sigmas"] = start.sigmas
    else:  # the pipeline makes a whole schedule itself
        shorten(run.pipeline.scheduler, len(start.sigmas))
    return run.render(
        packing.to_vae,
        steps=len(start.sigmas),
        **texts,
        width=run.request.width,
        height=run.request.height,
        latents=packing.given(run.pipeline, start.at(start.levels[0])),
        **arguments,
    )
