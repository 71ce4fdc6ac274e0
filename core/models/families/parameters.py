"""Parameter names that the family records share; they are diffusers' names."""

from __future__ import annotations

from collections.abc import Sequence

from core.models.families.family import Mode

DRAWING = (
    "prompt",
    "negative_prompt",
    "num_inference_steps",
    "guidance_scale",
    "width",
    "height",
    "num_images",
    "seed",
    "sampler",
    "regions",
)
FLOW_DRAWING = (*DRAWING, "schedule_shift")  # of models of flow matching
SIGMAS = ("sigmas",)  # of modes that begin with noise
UNET_DRAWING = (*DRAWING, "eta", "freeu", "pag_scale")
RESCALED = ("guidance_rescale",)
ATTENDED = (*FLOW_DRAWING, "region_method")  # regions by attention masks too
IMG2IMG = ("image", "strength")
INPAINT = ("image", "mask", "strength")
HANDS_OVER = ("denoising_end",)  # to a second model, in latents at this share of the schedule
HANDED_OVER = ("denoising_start",)
LATENTS = ("latent_upscale",)  # of families whose image to image takes latents
CACHED = ("cache_interval", "measure_drift")  # of networks with diffusers' caches
CONTROL = ("control",)
REFERENCE = ("reference",)
SQUARE = {"width": 1024, "height": 1024}


def painting(
    pipeline: str, adapter: str, parameters: Sequence[str], strength: float
) -> dict[str, Mode]:
    """The modes `inpaint` and `outpaint`. `strength` is the default of inpaint."""
    known = (*parameters, *INPAINT)
    return {
        "inpaint": Mode(pipeline, adapter, known, {"strength": strength}),
        "outpaint": Mode(pipeline, adapter, known, {"strength": 1.0}, function="inpaint"),
    }
