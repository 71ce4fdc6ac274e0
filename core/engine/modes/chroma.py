"""Chroma: one text encoder whose padding is masked, and guidance by a second run of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from core.engine import latents, starting
from core.engine.pipeline_run import PipelineRun
from core.engine.regions import regional
from core.engine.schedule import rounded_up

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest


def generate(loaded: Loaded, request: RenderRequest) -> Image:
    """Text to image."""
    run = PipelineRun(loaded, request)
    return starting.from_noise(run, latents.flux1, _texts(run))


def img2img(loaded: Loaded, request: RenderRequest) -> Image:
    """Image to image."""
    run = PipelineRun(loaded, request)
    return starting.from_picture(run, latents.flux1, _texts(run), rounded_up)


def inpaint(loaded: Loaded, request: RenderRequest) -> Image:
    """Repaint the white of the mask."""
    run = PipelineRun(loaded, request)
    # diffusers 0.42 reads a setting there that only FLUX.1's transformer has.
    run.pipeline.transformer.register_to_config(guidance_embeds=False)
    return starting.within_mask(run, latents.flux1, _texts(run), rounded_up)


@regional
def _texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call; the negative ones only where guidance uses them."""
    request = run.request
    embeds, _ids, mask = run.embed(request.prompt)
    texts: dict[str, Any] = {
        "guidance_scale": request.guidance_scale,
        "prompt_embeds": embeds,
        "prompt_attention_mask": mask,
    }
    if request.guidance_scale > 1:
        negative, _ids, negative_mask = run.embed(request.negative_prompt)
        texts |= {
            "negative_prompt_embeds": negative,
            "negative_prompt_attention_mask": negative_mask,
        }
    return texts
