"""Maps of segments: flat colours for the classes of a scene, or for objects."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.pictures.lettering import font_of

# The colours of the 150 classes of ADE20K, as ControlNets of segments were trained with them.
_ADE20K = bytes.fromhex(
    "787878b4787806e6e650323204c8037878508c8c8ccc05ffe6e6e604fa07e005ffebff0796053d787846"
    "08ff33ff06528fff8cccff04ff3307cc46030066c83de6faff06330b66ffff0747ff09e00907e6dcdcdc"
    "ff095c7009ff08ffd607ffe0ffb8060aff47ff290a07ffffe0ff086608ffff3d06ffc207ff7a0800ff14"
    "ff0829ff05990633ffeb0cffa0961400a3ff8c8c8cfa0a0f14ff001fff00ff1f00ffe00099ff000000ff"
    "ff470000ebff00adff1f00ff0bc8c8ff520000fff5003dff00ff7000ff85ff0000ffa300ff6600c2ff00"
    "008fff33ff000052ff00ff2900ffad0a00ffadff0000ff99ff5c00ff00ffff00f5ff0066ffad00ff0014"
    "ffb8b8001fff00ff3d0047ffff00cc00ffc200ff52000aff0070ff3300ff00c2ff007aff00ffa3ff9900"
    "00ff0aff70008fff005200ffa3ff00ffeb0008b8aa8500ff00ff5cb800ffff001f00b8ff00d6ffff0070"
    "5cff0000e0ff70e0ff46b8a0a300ff9900ff47ff00ff00a3ffcc00ff008f00ffeb85ff00ff00ebf500ff"
    "ff007afff5000abed4d6ff0000ccff1400ffffff000099ff0029ff00ffcc2900ff29ff00ad00ff00f5ff"
    "4700ff7a00ff00ffb8005cffb8ff000085ffffd60019c2c266ff005c00ff"
)
PALETTE: NDArray[np.uint8] = np.frombuffer(_ADE20K, np.uint8).reshape(-1, 3)
_GOLDEN = 0.618034  # of the circle of hues, between one word's colour and the next


def draw_scene(classes: NDArray[np.integer]) -> Image.Image:
    """The map of a scene from the class of each pixel (rows × columns), in ADE20K's colours."""
    return Image.fromarray(PALETTE[classes % len(PALETTE)])


def draw_objects(masks: Sequence[tuple[int, Image.Image]], size: tuple[int, int]) -> Image.Image:
    """Objects on black, an RGB image of `size` (width, height): smaller ones on larger ones.

    Each is the index of its word, which gives the colour, and its mask.
    """
    result = Image.new("RGB", size)
    for word, mask in sorted(masks, key=lambda item: -area(item[1])):
        result.paste(_colour(word), (0, 0), mask.point(lambda level: 255 if level > 127 else 0))
    return result


def numbered(picture: Image.Image, boxes: Sequence[tuple[int, int, int, int]]) -> Image.Image:
    """The image as RGB with a frame and a number, from 1, on each box."""
    result = picture.convert("RGB")
    pen = ImageDraw.Draw(result)
    height = max(12, min(picture.size) // 24)
    font, line = font_of(height), max(1, height // 8)
    for number, (left, top, right, bottom) in enumerate(boxes, start=1):
        colour = _colour(number - 1)
        pen.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), None, colour, line)
        text = str(number)
        wide = font.getlength(text) + height // 2
        pen.rectangle((left, top, left + wide, top + height * 1.3), colour)
        pen.text((left + height // 4, top), text, "black", font)
    return result


def area(mask: Image.Image) -> int:
    """The number of pixels that are rather white than black."""
    return int(np.count_nonzero(np.asarray(mask) > 127))


def _colour(index: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(index * _GOLDEN % 1, 0.85, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)
