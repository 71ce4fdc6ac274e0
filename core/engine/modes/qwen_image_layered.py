"""Qwen-Image-Layered: an image as a stack of layers with transparency.

The pipeline chooses the size by the shape of the image and a resolution. Without a prompt, the text
encoder writes one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image

from core.engine import latents
from core.engine.modes.qwen_image import guided_texts
from core.engine.pipeline_run import PipelineRun

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def layers(loaded: Loaded, request: RenderRequest) -> list[Image]:
    """The layers of the image, bottom first, as RGBA."""
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_layered as module

    picture = request.picture.convert("RGBA")
    shape = picture.width / picture.height
    width, height = module.calculate_dimensions(request.resolution**2, shape)
    run = PipelineRun(loaded, replace(request, width=width, height=height))
    texts = guided_texts(run)
    if not request.prompt:
        texts = {name: item for name, item in texts.items() if not name.startswith("prompt_")}
    return run.render_all(
        _whole,
        **texts,
        # The pipeline describes the image where it gets no text, whatever the embeddings.
        prompt="given" if request.prompt else "",
        image=picture,
        layers=request.layers,
        resolution=request.resolution,
        cfg_normalize=True,
        use_en_prompt=True,
    )


def _whole(pipeline: Any, tokens: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """The first of the images that are drawn together: that of all layers."""
    count = (width // 16) * (height // 16)
    return latents.qwen_image(pipeline, tokens[:, :count], width, height)
