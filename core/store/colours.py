"""Conversion of any Pillow image to RGB or RGBA in sRGB."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from itertools import chain, product

from PIL import Image, ImageChops, ImageCms

_SPACES = {"RGB": "RGB", "CMYK": "CMYK", "L": "GRAY"}
# Published sRGB profiles differ from each other by rounding: such images keep their values.
_ROUNDING = 2


def to_srgb(image: Image.Image) -> tuple[Image.Image, str | None]:
    """Convert to RGB, or RGBA where something is transparent; also return a problem, if any.

    16-bit grey is scaled to 8 bits. An unusable colour profile is dropped: the values stay as they
    are, and the problem is a sentence about it. Changes `image` itself, since copies are costly.
    """
    profile = image.info.get("icc_profile")
    alpha = _alpha(image)
    colours, problem = _converted(_eight_bit(image), profile)
    result = colours if colours.mode == "RGB" else colours.convert("RGB")
    if alpha is not None:
        result.putalpha(alpha)
    result.info = {}
    return result, problem


def _alpha(image: Image.Image) -> Image.Image | None:
    """The alpha channel; None where all is opaque."""
    if not image.has_transparency_data or image.mode.startswith("I"):
        return None
    alpha = (image if image.mode in ("RGBA", "LA") else image.convert("RGBA")).getchannel("A")
    return None if alpha.getextrema() == (255, 255) else alpha


def _eight_bit(image: Image.Image) -> Image.Image:
    """Convert to a mode that profiles support: RGB, L or CMYK."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in _SPACES:
        return image
    if image.mode in ("1", "LA"):
        return image.convert("L")
    return image.convert("RGB") if image.mode == "RGBA" else image.convert("RGBA").convert("RGB")


def _converted(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str | None]:
    if not profile:
        return image, None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES[image.mode]:
            return image, "The colour profile does not fit the image and was dropped."
        target = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, target, image.mode, "RGB")
        if image.mode == "RGB" and _is_identity(transform):
            return image, None
        done = ImageCms.applyTransform(image, transform)
    except Exception:  # noqa: BLE001 (an uploaded profile may fail in any way)
        return image, "The colour profile is damaged and was dropped."
    return done if done is not None else image, None


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
    """True where colours stay as they are: the profile is sRGB, whatever its name."""
    changed = ImageCms.applyTransform(_probe(), transform)
    if changed is None:
        return False
    extrema = ImageChops.difference(_probe(), changed).getextrema()
    return all(most <= _ROUNDING for _, most in extrema)  # type: ignore[misc]


@cache
def _probe() -> Image.Image:
    """An image of colours from the whole cube."""
    levels = range(0, 256, 17)
    return Image.frombytes(
        "RGB", (len(levels) ** 3, 1), bytes(chain.from_iterable(product(levels, repeat=3)))
    )
