"""Qwen-Image: guidance by a second run of the network, scaled to the length of the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import latents, starting
from core.engine.pipeline_run import PipelineRun
from core.engine.regions import regional
from core.engine.schedule import rounded_up

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

_TEXTS = ("prompt_embeds", "prompt_embeds_mask")


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.qwen_image, _texts(run))


def img2img(loaded: Loaded, request: RenderRequest) -> Image:
    """Image to image."""
    run = PipelineRun(loaded, request)
    return starting.from_picture(run, latents.qwen_image, _texts(run), rounded_up)


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask."""
    run = PipelineRun(loaded, request)
    return starting.within_mask(run, latents.qwen_image, _texts(run), rounded_up)


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    return guided_texts(run)


def guided_texts(run: PipelineRun, images: Sequence[Image] = ()) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them.

    The encoder reads `images` with both. A mask of ones is left out by the pipeline. An empty
    negative prompt is a space, as its card has it.
    """
    request = run.request
    embeds = run.embed(request.prompt, images)
    texts: dict[str, Any] = {
        "true_cfg_scale": request.true_cfg_scale,
        **dict(zip(_TEXTS, embeds, strict=False)),
    }
    if request.true_cfg_scale > 1:
        negative = run.embed(request.negative_prompt or " ", images)
        texts |= {f"negative_{name}": item for name, item in zip(_TEXTS, negative, strict=False)}
    return texts
