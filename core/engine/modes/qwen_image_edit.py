"""Qwen-Image-Edit: the text encoder sees the references beside the prompt, and the network their
latents.

Inpainting starts the same pipeline from noised latents, because that of diffusers 0.42 for it draws
a megapixel whatever size is requested.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image

from core.engine import latents, noised
from core.engine.canvas.pictures import cover, reference
from core.engine.modes.qwen_image import guided_texts
from core.engine.pipeline_run import PipelineRun
from core.engine.regions import regional
from core.engine.schedule import linear_shift

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

ONE = "QwenImageEditPipeline"  # of the first release, which takes one reference, not a list
_MEGAPIXEL = 1024 * 1024


def edit(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image with reference images."""
    run = PipelineRun(loaded, request)
    size: dict[str, Any] = {"width": request.width, "height": request.height}
    return run.render(latents.qwen_image, **_texts(run), image=_given(run), **size)


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask, with the whole image as reference."""
    run = PipelineRun(loaded, request)
    return noised.within_mask(run, _PACKING, {**_texts(run), "image": _given(run)})


def _given(run: PipelineRun) -> Any:
    pictures = _pictures(run.request)
    return pictures[0] if _takes_one(run) else pictures


def _pictures(request: RenderRequest) -> list[Image]:
    if request.mask is None:
        return [reference(image) for image in request.references]
    return [reference(cover(request.picture, request.width, request.height))]


def _takes_one(run: PipelineRun) -> bool:
    return type(run.pipeline).__name__ == ONE


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    seen = [_seen(run, picture) for picture in _pictures(run.request)]
    with image_positions(run.pipeline.text_encoder):
        return guided_texts(run, images=seen)


def _seen(run: PipelineRun, picture: Image) -> Image:
    """A reference at the size at which the pipeline shows it to the text encoder."""
    if _takes_one(run):
        from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit as module

        area = _MEGAPIXEL
    else:
        from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as module

        area = module.CONDITION_IMAGE_SIZE
    width, height = module.calculate_dimensions(area, picture.width / picture.height)[:2]
    resized: Image = run.pipeline.image_processor.resize(picture, height, width)
    return resized


@contextmanager
def image_positions(encoder: Any) -> Iterator[None]:
    """A text encoder that places the tokens of images in rows and columns, as it was trained.

    transformers 5 needs the kind of each token for that, which diffusers 0.42 leaves out.
    """

    def add_kinds(_module: Any, _arguments: Any, keywords: dict[str, Any]) -> Any:
        ids = keywords["input_ids"]
        kinds = (ids == encoder.config.image_token_id).to(torch.int32)
        return _arguments, {**keywords, "mm_token_type_ids": kinds}

    handle = encoder.register_forward_pre_hook(add_kinds, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def _tokens(pipeline: Any, grid: torch.Tensor) -> torch.Tensor:
    packed: torch.Tensor = pipeline._pack_latents(grid, *grid.shape)
    return packed


def _shift(pipeline: Any, tokens: int, steps: int) -> float:
    return linear_shift(pipeline.scheduler, tokens)


_PACKING = noised.Packing(
    latents.qwen_image_of_picture, _tokens, _tokens, _shift, latents.qwen_image
)
