"""Skeletons as OpenPose draws them, from the points of COCO. The page draws the same ones."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw

Joint = tuple[float, float]  # x, y in pixels
LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10),
    (1, 11), (11, 12), (12, 13), (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
JOINTS = 18
HAND, FACE = 21, 70  # points; the last two of a face are pupils, which COCO has not
NECK = 1  # between the shoulders, which COCO has
WHOLE_BODY = 133  # points of COCO-WholeBody: body, feet, face, left and right hand
_FACE_FROM, _LEFT_FROM, _RIGHT_FROM = 23, 91, 112
_FINGERS = 5
_FROM_COCO = (0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
_SHOULDERS = (5, 6)
_WIDTH = 4 / 512  # half a limb, by the shorter side
_SHADE = 0.6  # brightness of limbs
_CORNERS = 32  # of a limb's ellipse
BONES = tuple(
    (4 * finger + bone if bone else 0, 4 * finger + bone + 1)
    for finger in range(_FINGERS)
    for bone in range(4)
)
Joints = Sequence[Joint | None]


@dataclass(frozen=True, slots=True)
class Person:
    """Joints of the body (18), of the hands (21 each) and points of the face (70), or none."""

    body: Joints
    left: Joints = ()
    right: Joints = ()
    face: Joints = ()


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


def from_whole_body(
    points: Sequence[Sequence[float]], scores: Sequence[float], threshold: float
) -> Person:
    """OpenPose's person from the 133 points of COCO-WholeBody; see `from_coco`. A part of which no
    point is left has no points."""

    def part(start: int, count: int) -> list[Joint | None]:
        joints = [
            (float(x), float(y)) if score >= threshold else None
            for (x, y), score in zip(points[start:][:count], scores[start:], strict=False)
        ]
        return joints if any(joints) else []

    face = part(_FACE_FROM, _LEFT_FROM - _FACE_FROM)
    return Person(
        from_coco(points, scores, threshold),
        part(_LEFT_FROM, HAND),
        part(_RIGHT_FROM, HAND),
        [*face, None, None] if face else [],
    )


def to_openpose(people: Sequence[Person], size: tuple[int, int]) -> dict[str, Any]:
    """OpenPose's JSON of one image: x, y and 1 for each point, zeros for one that is missing."""

    def flat(joints: Joints) -> list[float]:
        return [
            n for p in joints for n in ((round(p[0], 1), round(p[1], 1), 1) if p else (0, 0, 0))
        ]

    return {
        "canvas_width": size[0],
        "canvas_height": size[1],
        "people": [
            {
                "pose_keypoints_2d": flat(person.body),
                "hand_left_keypoints_2d": flat(person.left),
                "hand_right_keypoints_2d": flat(person.right),
                "face_keypoints_2d": flat(person.face),
            }
            for person in people
        ],
    }


def draw_skeletons(people: Sequence[Person], size: tuple[int, int]) -> Image.Image:
    """The people on black, an RGB image of `size` (width, height)."""
    image = Image.new("RGB", size)
    pen = ImageDraw.Draw(image)
    unit = max(1.0, _WIDTH * min(size))
    for person in people:
        for number, (start, end) in enumerate(LIMBS):
            a, b = person.body[start], person.body[end]
            if a and b:
                pen.polygon(_ellipse(a, b, unit), _colour(number, JOINTS, _SHADE))
        for number, joint in enumerate(person.body):
            _dot(pen, joint, unit, _colour(number, JOINTS))
        for hand in (person.left, person.right):
            _draw_hand(pen, hand, unit)
        for point in person.face:
            _dot(pen, point, unit / 2, (255, 255, 255))
    return image


def _draw_hand(pen: ImageDraw.ImageDraw, hand: Joints, unit: float) -> None:
    """Bones in colours around the circle, then blue joints."""
    for number, (start, end) in enumerate(BONES if hand else ()):
        a, b = hand[start], hand[end]
        if a and b:
            pen.line((a, b), _colour(number, len(BONES)), max(1, round(unit / 2)))
    for joint in hand:
        _dot(pen, joint, unit / 2, (0, 0, 255))


def _dot(
    pen: ImageDraw.ImageDraw, joint: Joint | None, radius: float, colour: tuple[int, int, int]
) -> None:
    if joint:
        x, y = joint
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), colour)


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


def _colour(number: int, count: int, shade: float = 1.0) -> tuple[int, int, int]:
    """OpenPose's colour of a joint, limb or bone: one of `count` hues around the circle."""
    red, green, blue = colorsys.hsv_to_rgb(number / count, 1.0, 1.0)
    return round(255 * red * shade), round(255 * green * shade), round(255 * blue * shade)
