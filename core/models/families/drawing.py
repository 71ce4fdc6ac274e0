"""Names of parameters that the records of all families are made of (they are diffusers' names)."""

from __future__ import annotations

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
