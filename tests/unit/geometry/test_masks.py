"""Masks: their levels, their soft edges, where they lie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.engine.canvas import masks

sides = st.integers(1, 70)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[tuple[int, int], masks.Box]:
    """A size, and a box of at least one pixel in it."""
    width, height = draw(sides), draw(sides)
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))
    return (width, height), (left, top, right, bottom)


def mask_of(size: tuple[int, int], box: masks.Box) -> Image.Image:
    mask = Image.new("L", size)
    mask.paste(255, box)
    return mask


@given(boxes(), st.integers(0, 20))
@settings(deadline=None)
def test_a_soft_edge_widens_a_mask_within_its_limit_only(
    place: tuple[tuple[int, int], masks.Box], pixels: int
) -> None:
    size, box = place
    mask = mask_of(size, box)
    soft = np.asarray(masks.feathered(mask, pixels))
    assert (soft >= np.asarray(mask)).all(), "it takes nothing from the mask"
    reach = mask_of(
        size,
        (
            max(0, box[0] - pixels),
            max(0, box[1] - pixels),
            min(size[0], box[2] + pixels),
            min(size[1], box[3] + pixels),
        ),
    )
    assert not soft[np.asarray(reach) == 0].any(), "nothing beyond the limit"


def test_a_soft_edge_falls_evenly_from_white_to_black() -> None:
    row = np.asarray(masks.feathered(mask_of((60, 9), (0, 0, 20, 9)), 10))[4].astype(int)
    assert (row[:20] == 255).all()
    assert (row[30:] == 0).all()
    fall = -np.diff(row[19:31])
    assert fall.min() >= 0
    assert fall.max() <= 30
    assert len(set(row)) > 8


def test_no_soft_edge_leaves_the_mask_as_it_is() -> None:
    mask = mask_of((30, 20), (3, 4, 9, 11))
    assert masks.feathered(mask, 0).tobytes() == mask.tobytes()


@given(boxes(), st.integers(0, 30), st.integers(1, 10))
@settings(deadline=None)
def test_the_bounds_hold_the_mask_and_lie_on_the_picture(
    place: tuple[tuple[int, int], masks.Box], padding: int, longest: int
) -> None:
    size, box = place
    result = masks.bounds(mask_of(size, box), padding, longest)
    assert result is not None
    left, top, right, bottom = result
    assert 0 <= left <= max(0, box[0] - padding)
    assert 0 <= top <= max(0, box[1] - padding)
    assert min(size[0], box[2] + padding) <= right <= size[0]
    assert min(size[1], box[3] + padding) <= bottom <= size[1]
    wide, high = right - left, bottom - top
    assert wide <= longest * high or high == size[1]
    assert high <= longest * wide or wide == size[0]


def test_a_black_mask_has_no_bounds() -> None:
    assert masks.bounds(Image.new("L", (9, 9)), 3, 8) is None


def levels(mode: str, colour: object) -> set[int]:
    picture = Image.new(mode, (4, 4), colour)  # type: ignore[arg-type]
    return set(np.asarray(masks.grey(picture, (4, 4))).ravel().tolist())


@pytest.mark.parametrize(
    ("mode", "colour", "result"),
    [
        ("RGB", "white", 255),
        ("RGB", "black", 0),
        ("RGB", (128, 128, 128), 128),
        ("L", 9, 0),
        ("L", 247, 255),
        ("RGBA", (255, 255, 255, 0), 0),
        ("RGBA", (255, 255, 255, 255), 255),
        ("RGBA", (255, 255, 255, 128), 128),
        ("1", 1, 255),
    ],
)
def test_any_picture_is_read_as_levels_and_what_is_transparent_as_black(
    mode: str, colour: object, result: int
) -> None:
    assert levels(mode, colour) == {result}


def test_a_mask_of_another_size_is_scaled() -> None:
    result = masks.grey(mask_of((10, 20), (0, 0, 5, 20)), (100, 200))
    assert result.size == (100, 200)
    assert result.getpixel((10, 100)) == 255
    assert result.getpixel((90, 100)) == 0


def test_what_a_mask_touches_is_black_or_white() -> None:
    soft = masks.feathered(mask_of((40, 40), (10, 10, 20, 20)), 8)
    touched = np.asarray(masks.touched(soft))
    assert set(np.unique(touched)) == {0, 255}
    assert ((touched == 255) == (np.asarray(soft) > 0)).all()


@given(boxes(), st.booleans())
@settings(deadline=None)
def test_the_sides_of_a_gap_make_up_the_mask(
    place: tuple[tuple[int, int], masks.Box], upright: bool
) -> None:
    size, box = place
    kept = Image.new("L", size, 255)
    kept.paste(0, (box[0], 0, box[2], size[1]) if upright else (0, box[1], size[0], box[3]))
    result = masks.sides(kept)
    first, last = (box[0], size[0] - box[2]) if upright else (box[1], size[1] - box[3])
    if not (first and last):
        assert result == []
        return
    item, other = (np.asarray(part).astype(int) for part in result)
    assert (item + other == np.asarray(kept)).all()
    assert item.any()
    assert other.any()


def test_a_frame_around_a_picture_has_no_sides() -> None:
    around = Image.new("L", (40, 30), 255)
    around.paste(0, (10, 10, 30, 20))
    assert masks.sides(around) == []
