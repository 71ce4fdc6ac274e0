"""The renderer: reproducible, visible in every style and shape, with masks that fit."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tools.nano.drawing.buildings import BUILDINGS
from tools.nano.drawing.cards import RANKS, SUITS
from tools.nano.drawing.garments import OUTLINES, PATTERNS
from tools.nano.drawing.parts import CLASSES
from tools.nano.drawing.styles import STYLES
from tools.nano.render import render
from tools.nano.scene import OBJECT_NAMES, Kind, Scene, sample_scene

BUCKETS = [(128, 128), (192, 128), (128, 192), (256, 256)]
SUBJECTS: list[tuple[Kind, str]] = [
    *[("object", name) for name in OBJECT_NAMES],
    *[("building", name) for name in BUILDINGS],
    *[("garment", name) for name in OUTLINES],
    ("card", "card"),
]


def scene_of(kind: Kind, subject: str, style: str = "flat") -> Scene:
    return Scene(kind, subject, 7, style=style, color="red", background="teal", roof="blue")


@given(st.integers(0, 2**32 - 1), st.sampled_from(BUCKETS))
def test_the_same_scene_is_drawn_the_same(seed: int, size: tuple[int, int]) -> None:
    scene = sample_scene(random.Random(seed))
    first, second = render(scene, *size), render(scene, *size)
    assert first.image.tobytes() == second.image.tobytes()
    assert first.mask.tobytes() == second.mask.tobytes()
    assert first.image.size == first.mask.size == size


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("kind", "subject"), SUBJECTS)
def test_every_subject_can_be_seen_in_every_style(kind: Kind, subject: str, style: str) -> None:
    picture = render(scene_of(kind, subject, style))
    mask = np.asarray(picture.mask) > 127
    assert 0.05 < mask.mean() < 0.95
    colors = np.asarray(picture.image).reshape(-1, 3)[mask.reshape(-1)]
    assert len(np.unique(colors, axis=0)) >= 2 or STYLES[style].colored


@pytest.mark.parametrize("style", STYLES)
def test_a_landscape_has_its_parts_where_they_are_drawn(style: str) -> None:
    scene = replace(scene_of("building", "house", style), sky="day", ground="grass", tree=True)
    picture = render(replace(scene, windows=1))
    parts, depth = np.asarray(picture.parts), np.asarray(picture.depth)
    places = {"sky": (60, 6), "roof": (64, 45), "wall": (45, 80), "window": (64, 70)}
    places |= {"door": (64, 95), "ground": (64, 120)}
    for name, (x, y) in places.items():
        assert CLASSES[parts[y, x]] == name
    assert depth[6, 60] < depth[106, 3] < depth[80, 45] < depth[70, 64] < depth[120, 64]
    names = {CLASSES[number] for number in np.unique(parts)}
    assert names == {*places, "tree"} | ({"light"} if STYLES[style].colored else set())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "object", "subject": "cat"}, {"background", "object"}),
        ({"kind": "object", "subject": "tree"}, {"background", "tree"}),
        ({"kind": "object", "subject": "ring"}, {"background", "object"}),
        ({"kind": "garment", "subject": "dress"}, {"background", "garment"}),
        (
            {"kind": "garment", "subject": "coat", "pattern": "dotted"},
            {"background", "garment", "pattern"},
        ),
        (
            {"kind": "card", "subject": "card", "rank": "5", "suit": "hearts"},
            {"background", "card", "pip"},
        ),
        (
            {"kind": "card", "subject": "card", "rank": "king", "suit": "clubs"},
            {"background", "card", "pip", "figure"},
        ),
    ],
)
def test_a_drawing_has_the_parts_of_its_kind(changes: dict[str, Any], expected: set[str]) -> None:
    picture = render(replace(scene_of("object", "cat"), **changes))
    parts, depth = np.asarray(picture.parts), np.asarray(picture.depth)
    assert {CLASSES[number] for number in np.unique(parts)} == expected
    front = np.asarray(picture.mask) > 200
    assert depth[front].min() > depth[~front & (parts == 0)].max()


@pytest.mark.parametrize("size", BUCKETS)
@pytest.mark.parametrize(("kind", "subject"), SUBJECTS)
def test_no_subject_is_cut_off_at_the_edge(kind: Kind, subject: str, size: tuple[int, int]) -> None:
    mask = np.asarray(render(replace(scene_of(kind, subject), size="large"), *size).mask)
    assert not mask[0].any()
    assert not mask[-1].any()
    assert not mask[:, 0].any()
    assert not mask[:, -1].any()


@pytest.mark.parametrize("subject", OBJECT_NAMES)
def test_only_background_lies_outside_the_mask(subject: str) -> None:
    picture = render(scene_of("object", subject))
    outside = np.asarray(picture.image)[np.asarray(picture.mask) == 0]
    assert (outside == outside[0]).all()


def test_all_subjects_look_different() -> None:
    pictures = {render(scene_of(kind, name)).mask.tobytes() for kind, name in SUBJECTS}
    assert len(pictures) == len(SUBJECTS)


def test_all_cards_look_different() -> None:
    cards = [replace(scene_of("card", "card"), rank=r, suit=s) for r in RANKS for s in SUITS]
    assert len({render(card).image.tobytes() for card in cards}) == 52


def test_all_patterns_look_different() -> None:
    dresses = [replace(scene_of("garment", "dress"), pattern=name) for name in PATTERNS]
    assert len({render(dress).image.tobytes() for dress in dresses}) == len(PATTERNS)


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("subject", ["circle", "heart", "cat", "car"])
def test_as_many_are_drawn_as_the_scene_says(subject: str, count: int) -> None:
    mask = render(replace(scene_of("object", subject), count=count)).mask
    assert islands(mask) == count


def test_two_objects_stand_left_and_right() -> None:
    scene = replace(scene_of("object", "square"), second="circle", second_color="blue")
    image = render(scene).image
    left, right = image.getpixel((33, 64)), image.getpixel((94, 64))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > left[2]
    assert right[2] > right[0]


def test_a_pixel_picture_consists_of_square_cells() -> None:
    pixels = np.asarray(render(scene_of("object", "cat", "pixel")).image)
    cells = pixels.reshape(32, 4, 32, 4, 3)
    assert (cells == cells[:, :1, :, :1]).all()


def islands(mask: Image.Image) -> int:
    """Number of separate regions of a mask, by flooding."""
    left = (np.asarray(mask) > 127).tolist()
    count = 0
    for y, row in enumerate(left):
        for x, inside in enumerate(row):
            if inside:
                count += 1
                _flood(left, x, y)
    return count


def _flood(left: list[list[bool]], x: int, y: int) -> None:
    waiting = [(x, y)]
    while waiting:
        x, y = waiting.pop()
        if 0 <= y < len(left) and 0 <= x < len(left[0]) and left[y][x]:
            left[y][x] = False
            waiting += [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
