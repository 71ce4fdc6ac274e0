"""FLUX.3 klein, distilled and base: an image to start from is noised, references are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from diffusers.modular_pipelines.flux3.encoders import Flux3VaeEncoderStep
from PIL.Image import Image

from core.engine import latents, noised, starting
from core.engine.canvas.pictures import reference
from core.engine.pipeline_run import PipelineRun, accepted
from core.engine.regions import regional

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


class TextProcessor:
    """The half of a processor of images and text that prompts need, around a tokenizer."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def apply_chat_template(self, *values: Any, **settings: Any) -> Any:
        """See the tokenizer."""
        return self.tokenizer.apply_chat_template(*values, **settings)


def _encoded(pipeline: Any, image: Image) -> torch.Tensor:
    """Normalised latents (1, 4C, height/16, width/16) of an image of that size."""
    pixels, _ = pipeline.image_processor.preprocess(image, resize_mode="fill")
    vae = pipeline.vae
    with torch.no_grad():
        pixels = pixels.to(pipeline._execution_device, vae.dtype)
        encoded = Flux3VaeEncoderStep._patchify_latents(vae.encode(pixels).latent_dist.mode())
    mean = vae.bn.running_mean.view(1, -1, 1, 1).to(encoded)
    variance = vae.bn.running_var.view(1, -1, 1, 1) + vae.config.batch_norm_eps
    normalised: torch.Tensor = (encoded - mean) / torch.sqrt(variance).to(encoded)
    return normalised


def _tokens(_pipeline: Any, grid: torch.Tensor) -> torch.Tensor:
    return grid.flatten(2).transpose(1, 2)


_PACKING = noised.Packing(
    _encoded,
    _tokens,
    noised.as_grid,
    lambda _pipeline, _tokens, _steps: 0.0,  # its schedule does not follow the size
    latents.flux2,
)


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.flux2, _texts(run))


def img2img(loaded: Loaded, request: RenderRequest) -> Image:
    """Image to image: the request's `strength` of the schedule runs, at least one step."""
    run = PipelineRun(loaded, request)
    return noised.from_picture(run, _PACKING, _texts(run))


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask."""
    run = PipelineRun(loaded, request)
    return noised.within_mask(run, _PACKING, _texts(run))


def edit(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image with one or several reference images."""
    run = PipelineRun(loaded, request)
    references = [reference(image) for image in request.references]
    return starting.from_noise(run, latents.flux2, {**_texts(run), "image": references})


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    request, pipeline = run.request, run.pipeline
    if not hasattr(pipeline.tokenizer, "tokenizer"):
        pipeline.tokenizer = TextProcessor(pipeline.tokenizer)
    texts: dict[str, Any] = {"prompt_embeds": run.embed(request.prompt)[0]}
    if "guidance_scale" in accepted(type(pipeline).__call__):  # not of the distilled one
        texts["guidance_scale"] = request.guidance_scale
        if request.guidance_scale > 1:
            texts["negative_prompt_embeds"] = run.embed(request.negative_prompt)[0]
    return texts
