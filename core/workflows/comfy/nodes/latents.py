"""Latents: empty ones, encoded images, masks on them, and their sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.operations.diffusion.sized import SIZE_MAX, SIZE_MIN
from core.workflows.comfy.nodes.images import scaled_by, with_target
from core.workflows.comfy.reading import NodeType, Reading
from core.workflows.comfy.values import ImageValue, LatentValue, MaskValue, VaeValue

COUNT_MAX = 64
_SIZE = ("width", "height", "batch_size")


def empty(r: Reading) -> tuple[Any, ...]:
    """A size and a number of images."""
    return (
        LatentValue(
            width=r.integer("width", 512, SIZE_MIN, SIZE_MAX),
            height=r.integer("height", 512, SIZE_MIN, SIZE_MAX),
            count=r.integer("batch_size", 1, 1, COUNT_MAX),
        ),
    )


def empty_flow(r: Reading) -> tuple[Any, ...]:
    """As `empty`, of a flow model."""
    return (replace(empty(r)[0], flow=True),)


def encoded(r: Reading) -> tuple[Any, ...]:
    """An image to start from."""
    return (LatentValue(r.find("pixels", ImageValue)),)


def encoded_for_inpaint(r: Reading) -> tuple[Any, ...]:
    """An image with the part that is to be painted anew."""
    mask = r.find("mask", MaskValue)
    grow = r.integer("grow_mask_by", 6, 0, 64)
    if mask is not None and not mask.padded:
        mask = replace(mask, grow=max(mask.grow, grow))
    return (LatentValue(r.find("pixels", ImageValue), mask),)


def inpaint_conditioning(r: Reading) -> tuple[Any, ...]:
    """Both prompts, and an image with the part that is to be painted anew."""
    latent = LatentValue(r.find("pixels", ImageValue), r.find("mask", MaskValue))
    return r.prompt("positive"), r.prompt("negative"), latent


def masked(r: Reading) -> tuple[Any, ...]:
    """Latents with the part that is to be painted anew."""
    latent = r.find("samples", LatentValue) or LatentValue()
    return (replace(latent, mask=r.find("mask", MaskValue)),)


def resized(r: Reading) -> tuple[Any, ...]:
    """Latents in another size: the generator after it draws in that size."""
    latent = r.find("samples", LatentValue) or LatentValue()
    width, height = r.integer("width", 0, 0, SIZE_MAX), r.integer("height", 0, 0, SIZE_MAX)
    return (_with_image(latent, with_target(r, latent.image, width, height), width, height),)


def resized_by(r: Reading) -> tuple[Any, ...]:
    """Latents larger by a factor."""
    latent = r.find("samples", LatentValue) or LatentValue()
    factor = r.number("scale_by", 1.5, 0.01, 8)
    if latent.image is not None:
        return (replace(latent, image=scaled_by(r, latent.image, factor)),)
    width, height = ((side and round(side * factor)) for side in (latent.width, latent.height))
    return (replace(latent, width=width, height=height),)


def repeated(r: Reading) -> tuple[Any, ...]:
    """Several images of the same latents."""
    latent = r.find("samples", LatentValue) or LatentValue()
    count = min(latent.count * r.integer("amount", 1, 1, COUNT_MAX), COUNT_MAX)
    return (replace(latent, count=count),)


def decoded(r: Reading) -> tuple[Any, ...]:
    """The images of latents, by the VAE that the brick before gets."""
    latent = r.find("samples", LatentValue)
    image = latent.image if latent else None
    chosen = r.find("vae", VaeValue)
    if image is None:
        r.note("No image arrives: nothing is decoded.")
        return (None,)
    brick = r.wall.bricks[image.source.partition(".")[0]]
    if chosen is not None and chosen.name is not None and "model" in brick["props"]:
        if latent and latent.flow:
            r.conversion.note(chosen.node, "The studio completes the model with its own VAE.")
        else:
            brick["props"]["vae"] = chosen.name
    return (image,)


def _with_image(
    latent: LatentValue, image: ImageValue | None, width: int, height: int
) -> LatentValue:
    if image is not None:
        return replace(latent, image=image)
    return replace(latent, width=width or latent.width, height=height or latent.height)


NODES = (
    NodeType("EmptyLatentImage", "Size and number of Settings", empty, _SIZE),
    NodeType("Empty*Latent*", "Size and number of Settings", empty_flow, _SIZE),
    NodeType("VAEEncode", "Input of Image to image", encoded),
    NodeType("VAEEncodeTiled", "Input of Image to image", encoded, ("tile_size", "overlap")),
    NodeType("VAEEncodeForInpaint", "Inputs of Inpaint", encoded_for_inpaint, ("grow_mask_by",)),
    NodeType(
        "InpaintModelConditioning", "Inputs of Inpaint", inpaint_conditioning, ("noise_mask",)
    ),
    NodeType("SetLatentNoiseMask", "Inputs of Inpaint", masked),
    NodeType(
        "LatentUpscale",
        "Size of the next generator",
        resized,
        ("upscale_method", "width", "height", "crop"),
    ),
    NodeType(
        "LatentUpscaleBy", "Size of the next generator", resized_by, ("upscale_method", "scale_by")
    ),
    NodeType("RepeatLatentBatch", "Number of images", repeated, ("amount",)),
    NodeType("VAEDecode", "Output of the generator", decoded),
    NodeType(
        "VAEDecodeTiled",
        "Output of the generator",
        decoded,
        ("tile_size", "overlap", "temporal_size", "temporal_overlap"),
    ),
)
