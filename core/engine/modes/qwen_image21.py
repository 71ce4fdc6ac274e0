"""Qwen-Image 2.1: text and references are read by one chat model, guidance by a second run.

The pipeline has no image-to-image mode: `core.engine.noised` starts the ordinary one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image

from core.engine import latents, noised, starting
from core.engine.canvas.pictures import opaque, reference
from core.engine.pipeline_run import PipelineRun
from core.engine.regions import image_slots, regional
from core.engine.schedule import linear_shift

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

_MEGAPIXEL = 1024 * 1024  # the area at which the pipeline shows references


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image, with transparency where the prompt has it."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.qwen_image21, _texts(run))


def edit(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image with reference images."""
    run = PipelineRun(loaded, request)
    texts = {**_texts(run), "image": _references(run)}
    with _images_in_place(run):
        return starting.from_noise(run, latents.qwen_image21, texts)


def img2img(loaded: Loaded, request: RenderRequest) -> Image:
    """Image to image."""
    run = PipelineRun(loaded, request)
    return opaque(noised.from_picture(run, _PACKING, _texts(run)))


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask."""
    run = PipelineRun(loaded, request)
    return opaque(noised.within_mask(run, _PACKING, _texts(run)))


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    request = run.request
    texts: dict[str, Any] = {
        "true_cfg_scale": request.true_cfg_scale,
        "prompt_embeds": _read(run, request.prompt)[0],
    }
    if request.true_cfg_scale > 1:
        texts["negative_prompt_embeds"] = _read(run, request.negative_prompt)[0]
    return texts


def _read(run: PipelineRun, text: Any) -> tuple[torch.Tensor, ...]:
    """The embeddings of a text and the references, and the places of these in it."""
    return run.embed(text, [_shown(run, image) for image in _references(run)])


def _references(run: PipelineRun) -> list[Image]:
    request = run.request
    return [reference(image) for image in request.references] if request.mode == "edit" else []


def _shown(run: PipelineRun, image: Image) -> Image:
    """A reference as the pipeline shows it to the text encoder."""
    from diffusers.pipelines.qwenimage21 import pipeline_qwenimage21 as module

    width, height, _ = module.calculate_dimensions(_MEGAPIXEL, image.width / image.height)
    processor = run.pipeline.image_processor
    resized: Image = processor.resize(image.convert("RGBA"), height, width)
    return resized


@contextmanager
def _images_in_place(run: PipelineRun) -> Iterator[None]:
    """A pipeline that takes embeddings of a text with references.

    That of diffusers 0.42 needs the places of the references for it, and has no argument for them.
    """
    pipeline = run.pipeline
    places, encode = _read(run, run.request.prompt)[1], pipeline.encode_prompt

    def with_places(*, prompt_embeds: torch.Tensor, **others: Any) -> Any:
        own = image_slots(places, prompt_embeds.shape[1])
        return encode(**others, prompt_embeds=prompt_embeds, image_pad_mask=own)

    vars(pipeline)["encode_prompt"] = with_places
    try:
        yield
    finally:
        del vars(pipeline)["encode_prompt"]


def _tokens(pipeline: Any, grid: torch.Tensor) -> torch.Tensor:
    packed: torch.Tensor = pipeline._pack_latents(grid, *grid.shape)
    return packed


def _shift(pipeline: Any, tokens: int, steps: int) -> float:
    return linear_shift(pipeline.scheduler, tokens)


_PACKING = noised.Packing(
    latents.qwen_image21_of_picture, _tokens, _tokens, _shift, latents.qwen_image21
)
