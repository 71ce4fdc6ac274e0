"""Names of parameters that the records of all families are made of (they are diffusers' names)."""

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
)
IMG2IMG = ("image", "strength")
INPAINT = ("image", "mask", "strength")
SQUARE = {"width": 1024, "height": 1024}


def painting(
    pipeline: str, adapter: str, parameters: Sequence[str], strength: float
) -> dict[str, Mode]:
    """The modes of painting within a mask: inside a picture, and beyond its edges.

    `strength` is the first one's default. Beyond the edges nothing is worth keeping.
    """
    known = (*parameters, *INPAINT)
    return {
        "inpaint": Mode(pipeline, adapter, known, {"strength": strength}),
        "outpaint": Mode(pipeline, adapter, known, {"strength": 1.0}, function="inpaint"),
    }
