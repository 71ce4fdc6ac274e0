"""Anima: diffusers has text to image and image to image as modular blocks, and no inpainting."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from diffusers.models.transformers import transformer_cosmos
from PIL.Image import Image

from core.engine import latents, noised, starting
from core.engine.noised import Packing
from core.engine.pipeline_run import PipelineRun
from core.engine.regions import regional
from core.engine.schedule import rounded_up

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def _resize(mask: torch.Tensor, size: list[int], interpolation: str) -> torch.Tensor:
    return torch.nn.functional.interpolate(mask, size, mode=interpolation)


# The network of diffusers 0.42.1 resizes its padding mask by torchvision, if that is installed.
_TORCHVISION = SimpleNamespace(
    functional=SimpleNamespace(resize=_resize),
    InterpolationMode=SimpleNamespace(NEAREST="nearest"),
)
vars(transformer_cosmos).setdefault("transforms", _TORCHVISION)


def _as_frame(_pipeline: Any, grid: torch.Tensor) -> torch.Tensor:
    return grid[:, :, None]


_PACKING = Packing(
    latents.qwen_image_of_picture,
    _as_frame,
    _as_frame,
    lambda _pipeline, _tokens, _steps: 0.0,  # its schedule does not follow the size
    latents.qwen_image_frame,
)


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.qwen_image_frame, _texts(run))


def img2img(loaded: Loaded, request: RenderRequest) -> Image:
    """Image to image."""
    run = PipelineRun(loaded, request)
    return starting.from_picture(run, latents.qwen_image_frame, _texts(run), rounded_up)


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask."""
    run = PipelineRun(loaded, request)
    return noised.within_mask(run, _PACKING, _texts(run))


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    request = run.request
    texts = {
        "guidance_scale": request.guidance_scale,
        "prompt_embeds": run.embed(request.prompt)[0],
    }
    if request.guidance_scale > 1:
        texts["negative_prompt_embeds"] = run.embed(request.negative_prompt)[0]
    return texts
