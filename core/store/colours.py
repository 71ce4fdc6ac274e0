"""Conversion of any Pillow image to RGB or RGBA in sRGB."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageCms

_SPACES = {"RGB": "RGB", "CMYK": "CMYK", "L": "GRAY"}


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
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image, None
        target = ImageCms.createProfile("sRGB")
        done = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except Exception:  # noqa: BLE001 (an uploaded profile may fail in any way)
        return image, "The colour profile is damaged and was dropped."
    return done if done is not None else image, None
