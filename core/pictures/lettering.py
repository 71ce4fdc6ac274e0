"""Text on images in the studio's own font: sizes that fit, cuts and lines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from PIL import ImageFont

from core.settings import ROOT

FONT = ROOT / "web" / "fonts" / "inter-latin-4.001.woff2"
WEIGHT = 600
_ELLIPSIS = "…"


@lru_cache(maxsize=32)
def font_of(size: int) -> ImageFont.FreeTypeFont:
    """The font of a height in pixels."""
    # The basic layout needs no further library, and takes any text.
    font = ImageFont.truetype(FONT, max(1, size), layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([WEIGHT])
    return font


def fitting(text: str, height: int, width: int) -> ImageFont.FreeTypeFont:
    """The font of a height, smaller where the text would be wider; not below half the height."""
    font = font_of(height)
    wide = font.getlength(text)
    return font if wide <= width else font_of(max(height // 2, int(height * width / wide)))


def shortened(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """The text, cut with an ellipsis where it is wider."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text.rstrip() + _ELLIPSIS) > width:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: int, most: int = 0) -> Sequence[str]:
    """The lines of a text, broken between words, and in words that are wider than a line; with
    `most`, the last of them is cut."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    lines = [part for line in lines for part in _broken(line, font, width)]
    if most and len(lines) > most:
        return [*lines[: most - 1], shortened(f"{lines[most - 1]} {_ELLIPSIS}", font, width)]
    return lines


def _broken(word: str, font: ImageFont.FreeTypeFont, width: int) -> Sequence[str]:
    """The parts of a word, each as long as the line allows."""
    parts = [""]
    for letter in word:
        if parts[-1] and font.getlength(parts[-1] + letter) > width:
            parts.append("")
        parts[-1] += letter
    return parts
