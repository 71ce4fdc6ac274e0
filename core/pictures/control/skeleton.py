"""Skeletons as OpenPose draws them, from the joints of COCO. The page draws the same ones."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

Joint = tuple[float, float]  # x, y in pixels
LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10),
    (1, 11), (11, 12), (12, 13), (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
JOINTS = 18
NECK = 1  # between the shoulders, which COCO has
_FROM_COCO = (0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
_SHOULDERS = (5, 6)
_WIDTH = 4 / 512  # half a limb, by the shorter side
_SHADE = 0.6  # brightness of limbs
_CORNERS = 32  # of a limb's ellipse


def from_coco(
    points: Sequence[Sequence[float]], scores: Sequence[float], threshold: float
) -> list[Joint | None]:
    """OpenPose's 18 joints from COCO's 17; None for one whose score is below the threshold."""

    def joint(index: int) -> Joint | None:
        x, y = points[index]
        return (float(x), float(y)) if scores[index] >= threshold else None

    left, right = map(joint, _SHOULDERS)
    neck = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2) if left and right else None
    return [neck if index is None else joint(index) for index in _FROM_COCO]


def draw_skeletons(people: Sequence[Sequence[Joint | None]], size: tuple[int, int]) -> Image.Image:
    """The people on black, an RGB image of `size` (width, height)."""
    image = Image.new("RGB", size)
    pen = ImageDraw.Draw(image)
    unit = max(1.0, _WIDTH * min(size))
    for joints in people:
        for number, (start, end) in enumerate(LIMBS):
            a, b = joints[start], joints[end]
            if a and b:
                pen.polygon(_ellipse(a, b, unit), _colour(number, _SHADE))
        for number, joint in enumerate(joints):
            if joint:
                x, y = joint
                pen.ellipse((x - unit, y - unit, x + unit, y + unit), _colour(number))
    return image


def _ellipse(a: Joint, b: Joint, half: float) -> list[Joint]:
    """The outline of a limb between two joints."""
    x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    along = math.hypot(b[0] - a[0], b[1] - a[1]) / 2
    turn = math.atan2(b[1] - a[1], b[0] - a[0])
    corners = []
    for corner in range(_CORNERS):
        angle = 2 * math.pi * corner / _CORNERS
        dx, dy = along * math.cos(angle), half * math.sin(angle)
        corners.append(
            (
                x + dx * math.cos(turn) - dy * math.sin(turn),
                y + dx * math.sin(turn) + dy * math.cos(turn),
            )
        )
    return corners


def _colour(number: int, shade: float = 1.0) -> tuple[int, int, int]:
    """OpenPose's colour of a joint or limb: 18 hues around the circle."""
    red, green, blue = colorsys.hsv_to_rgb(number / JOINTS, 1.0, 1.0)
    return round(255 * red * shade), round(255 * green * shade), round(255 * blue * shade)
