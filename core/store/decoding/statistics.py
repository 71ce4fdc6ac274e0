"""Statistics of an image: numbers for its style, and a small picture of its subject."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageFilter, ImageStat

from core.store.decoding.tone import on_white, tone_of

SIDE = 64  # pixels that the style is measured on
SUBJECT_SIDE = 16
HUES = 12


def statistics_of(image: Image.Image) -> dict[str, Any]:
    """`style` and `subject` of an image, all numbers from 0 to 1.

    `style`: `hues` (shares of 12 hues, weighted by saturation), `colour` (their weight in all),
    `brightness`, `contrast`, `saturation`, `detail` (edges). `subject`: brightness of 16 × 16
    cells.
    """
    opaque = on_white(image)
    small = opaque.resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = small.convert("L")
    hue, saturation, _ = small.convert("HSV").split()
    weights = _hue_weights(hue, saturation)
    colour = sum(weights)
    edges = grey.filter(ImageFilter.FIND_EDGES).crop((1, 1, SIDE - 1, SIDE - 1))
    subject = opaque.convert("L").resize((SUBJECT_SIDE, SUBJECT_SIDE), Image.Resampling.BOX)
    return {
        "style": {
            "hues": [weight / colour if colour else 0.0 for weight in weights],
            "colour": min(1.0, colour / SIDE**2),
            **tone_of(grey),
            "saturation": ImageStat.Stat(saturation).mean[0] / 255,
            "detail": min(1.0, ImageStat.Stat(edges).mean[0] / 64),
        },
        "subject": [value / 255 for value in subject.tobytes()],
    }


def _hue_weights(hue: Image.Image, saturation: Image.Image) -> list[float]:
    """The saturation of all pixels of each hue; grey has none."""
    weights = [0.0] * HUES
    for shade, strength in zip(hue.tobytes(), saturation.tobytes(), strict=True):
        weights[shade * HUES // 256] += strength / 255
    return weights
