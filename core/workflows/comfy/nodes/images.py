"""Images and masks: loading, padding, scaling, and what shows and saves them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from core.operations.diffusion.painting import FEATHER_MAX
from core.operations.diffusion.sized import SIZE_MAX, SIZE_MIN
from core.pictures.names import BadName, check_template
from core.workflows.comfy.reading import NodeType, Reading
from core.workflows.comfy.values import ImageValue, MaskValue, UpscalerValue

ADDED_MAX = 8192
FACTOR_MAX = 4.0
_ASSET = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_TIMES = re.compile(r"(?<![0-9])([2348])x|x([2348])(?![0-9])", re.IGNORECASE)
_DATE = re.compile(r"%date(?::[^%]*)?%")
_FIELD = re.compile(r"%(?:[^%/]*\.)?(?:noise_)?(seed|width|height|model|time|task|uuid)%")
_BRACES = re.compile(r"[{}%\\]")


def load_image(r: Reading) -> tuple[Any, ...]:
    """An image of the user's, and the mask in its alpha."""
    props, file = _file(r, "image")
    image = ImageValue(f"{r.shared('image_input', props, **file)}.image")
    if file:
        r.note(f"Choose the image {file['file']}.")
    return image, MaskValue(over=image)


def load_mask(r: Reading) -> tuple[Any, ...]:
    """A mask of the user's."""
    props, file = _file(r, "image")
    if file:
        r.note(f"Paint the mask again: it is in the file {file['file']}.")
    return (MaskValue(asset=props.get("image"), file=file.get("file")),)


def _file(r: Reading, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Props of an image brick, and the name of a file that is not an asset of the studio."""
    value = r.text(name)
    asset = _asset_of(value)
    if asset is not None:
        return {"image": asset}, {}
    return {}, {"file": value[:200]} if value else {}


def _asset_of(name: str) -> str | None:
    stem = name.partition(".")[0]
    return stem if _ASSET.fullmatch(stem) else None


def invert(r: Reading) -> tuple[Any, ...]:
    """A mask whose white and black change places."""
    mask = r.find("mask", MaskValue)
    return (mask and replace(mask, inverted=not mask.inverted),)


def grow(r: Reading) -> tuple[Any, ...]:
    """A mask that reaches further."""
    mask = r.find("mask", MaskValue)
    pixels = r.integer("expand", 0, -FEATHER_MAX, FEATHER_MAX)
    if pixels < 0:
        r.note("A mask cannot shrink here.")
    else:
        r.note("The mask grows by a soft edge.")
    return (mask and replace(mask, grow=max(mask.grow + pixels, 0)),)


def feather(r: Reading) -> tuple[Any, ...]:
    """A mask with a soft edge, the widest on all sides."""
    mask = r.find("mask", MaskValue)
    widths = [r.integer(side, 0, 0, FEATHER_MAX) for side in ("left", "top", "right", "bottom")]
    if len(set(widths)) > 1:
        r.note("The widest edge holds for all sides.")
    return (mask and replace(mask, grow=max(mask.grow, *widths)),)


def pad(r: Reading) -> tuple[Any, ...]:
    """An image with room on its sides, and the mask of that room."""
    image = r.find("image", ImageValue)
    sides = [r.integer(side, 0, 0, ADDED_MAX) for side in ("left", "top", "right", "bottom")]
    soft = r.integer("feathering", 40, 0, FEATHER_MAX)
    padded = (sides[0], sides[1], sides[2], sides[3], soft)
    return image and replace(image, pad=padded), MaskValue(padded=True)


def scale(r: Reading) -> tuple[Any, ...]:
    """An image in another size: the generator after it draws in that size."""
    image = r.find("image", ImageValue)
    width, height = r.integer("width", 0, 0, 16384), r.integer("height", 0, 0, 16384)
    r.note("Only the next generator takes this size; elsewhere the image keeps its own.")
    return (with_target(r, image, width, height),)


def scale_by(r: Reading) -> tuple[Any, ...]:
    """An image larger by a factor."""
    image = r.find("image", ImageValue)
    factor = r.number("scale_by", 1.0, 0.01, 8)
    return (image and enlarged(r, image, factor),)


def fit(r: Reading) -> tuple[Any, ...]:
    """An image in a size that suits the model."""
    r.note("The generator fits the image to a size of its model.")
    return (r.find("image", ImageValue),)


def upscale(r: Reading) -> tuple[Any, ...]:
    """An image enlarged by a network. Its factor is in the name, or 4."""
    image, network = r.find("image", ImageValue), r.find("upscale_model", UpscalerValue)
    if image is None or network is None:
        r.note("No image or no upscaler arrives.")
        return (image,)
    times = _TIMES.search(network.name)
    factor = int(times[1] or times[2]) if times else 4
    if factor > FACTOR_MAX:
        r.note(f"The factor {factor} becomes {FACTOR_MAX:g}.")
    factor = min(factor, int(FACTOR_MAX))
    brick = r.brick("upscale", {"factor": factor, "method": "model", "upscaler": network.name})
    r.wall.wire(image.source, f"{brick}.image")
    return (_larger(image, f"{brick}.image", factor),)


def enlarged(r: Reading, image: ImageValue, factor: float) -> ImageValue:
    """The image through a brick that resamples it; as it is where that cannot make it smaller."""
    if factor <= 1 or factor > FACTOR_MAX:
        if factor != 1:
            r.note(f"An image can be enlarged up to {FACTOR_MAX:g} times; it keeps its size.")
        return image
    brick = r.brick("upscale", {"factor": factor, "method": "lanczos"})
    r.wall.wire(image.source, f"{brick}.image")
    return _larger(image, f"{brick}.image", factor)


def _larger(image: ImageValue, source: str, factor: float) -> ImageValue:
    width, height = ((side and round(side * factor)) for side in (image.width, image.height))
    return ImageValue(source, width, height)


def scaled_by(r: Reading, image: ImageValue, factor: float) -> ImageValue:
    """The image for a generator in a size of a factor; enlarged by a brick where it is unknown."""
    width, height = image.target or (image.width, image.height)
    if width is None or height is None:
        r.note("The image is enlarged, not its latents.")
        return enlarged(r, image, factor)
    return with_target(r, image, round(width * factor), round(height * factor)) or image


def with_target(r: Reading, image: ImageValue | None, width: int, height: int) -> ImageValue | None:
    """The image for a generator in this size; a side of 0 follows the other one."""
    if image is None or not (width or height):
        return image
    if image.width and image.height:
        width = width or round(height * image.width / image.height)
        height = height or round(width * image.height / image.width)
    if not width or not height:
        r.note("A size needs both sides here: the image keeps its own.")
        return image
    shrunk = min(1.0, SIZE_MAX / max(width, height))
    size = (max(round(width * shrunk), SIZE_MIN), max(round(height * shrunk), SIZE_MIN))
    if size != (width, height):
        r.note(f"{width}×{height} becomes {size[0]}×{size[1]}.")
    return replace(image, target=size)


def save(r: Reading) -> tuple[Any, ...]:
    """A file in the output folder."""
    image = r.find("images", ImageValue)
    if image is None:
        r.note("No image arrives: nothing is saved.")
        return ()
    brick = r.brick("save", {"file_name": _file_name(r, r.text("filename_prefix", "ComfyUI"))})
    r.wall.wire(image.source, f"{brick}.image")
    return ()


def _file_name(r: Reading, prefix: str) -> str:
    """A prefix of ComfyUI as a name of the studio: `%date%` and the seed become fields."""
    fields = _FIELD.sub(lambda match: f"\x01{match[1]}\x02", prefix)
    plain = _BRACES.sub("_", _DATE.sub("\x01date\x02", fields))
    name = plain.replace("\x01", "{").replace("\x02", "}").strip("/ ")
    try:
        return check_template(name)
    except BadName:
        r.note(f"{prefix[:80]!r} is no name of a file here.")
        return "ComfyUI"


def preview(r: Reading) -> tuple[Any, ...]:
    """A view of results."""
    image = r.find("images", ImageValue)
    if image is None:
        r.note("No image arrives: nothing is shown.")
        return ()
    r.wall.wire(image.source, f"{r.brick('image_output', {})}.image")
    return ()


_SCALE = ("upscale_method", "width", "height", "crop")
NODES = (
    NodeType("LoadImage", "Input image", load_image, ("image",)),
    NodeType("LoadImageOutput", "Input image", load_image, ("image",)),
    NodeType("LoadImageMask", "Mask painter", load_mask, ("image", "channel")),
    NodeType("InvertMask", "Invert mask of Inpaint", invert),
    NodeType("GrowMask", "Mask feather of Inpaint", grow, ("expand", "tapered_corners")),
    NodeType("FeatherMask", "Mask feather of Inpaint", feather, ("left", "top", "right", "bottom")),
    NodeType(
        "ImagePadForOutpaint", "Outpaint", pad, ("left", "top", "right", "bottom", "feathering")
    ),
    NodeType("ImageScale", "Size of the next generator", scale, _SCALE),
    NodeType("ImageScaleBy", "Upscale", scale_by, ("upscale_method", "scale_by")),
    NodeType("ImageScaleTo*", "Size of the model", fit, ("upscale_method", "megapixels")),
    NodeType("FluxKontextImageScale", "Size of the model", fit),
    NodeType("ImageUpscaleWithModel", "Upscale", upscale),
    NodeType("SaveImage", "Save", save, ("filename_prefix",)),
    NodeType("PreviewImage", "Image", preview),
)
