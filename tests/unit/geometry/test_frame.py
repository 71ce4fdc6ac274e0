"""Frames: cut out on the model's grid, put back exactly; and images made larger."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.engine.canvas.frame import Frame
from core.engine.canvas.widening import widened

sides = st.integers(1, 60)
GRIDS = st.sampled_from([(16, 16), (64, 64), (64, 32), (32, 80), (8, 8), (128, 16)])


def noise(size: tuple[int, int], seed: int = 0, bands: int = 3) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], bands), np.uint8)
    return Image.fromarray(pixels)


@st.composite
def parts(draw: st.DrawFn) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    """An image's size and a box on it."""
    size = draw(sides), draw(sides)
    left, top = draw(st.integers(0, size[0] - 1)), draw(st.integers(0, size[1] - 1))
    right, bottom = draw(st.integers(left + 1, size[0])), draw(st.integers(top + 1, size[1]))
    return size, (left, top, right, bottom)


@given(parts(), GRIDS)
@settings(deadline=None)
def test_a_frame_holds_its_part_and_is_cut_in_the_size_drawn(
    place: tuple[tuple[int, int], tuple[int, int, int, int]], drawn: tuple[int, int]
) -> None:
    size, part = place
    frame = Frame.around(part, size, drawn)
    assert frame.box[0] <= part[0]
    assert frame.box[1] <= part[1]
    assert frame.box[2] >= part[2]
    assert frame.box[3] >= part[3]
    for axis in (0, 1):
        if frame.size[axis] <= size[axis]:
            assert frame.box[axis] >= 0, "on the image where it fits"
            assert frame.box[axis + 2] <= size[axis]
    assert frame.cut(noise(size)).size == drawn
    assert frame.cut_mask(Image.new("L", size, 255)).size == drawn


@given(parts(), GRIDS, st.sampled_from([3, 4]), st.integers(0, 9))
@settings(deadline=None)
def test_outside_the_mask_every_pixel_comes_back_as_it_was(
    place: tuple[tuple[int, int], tuple[int, int, int, int]],
    drawn: tuple[int, int],
    bands: int,
    seed: int,
) -> None:
    size, part = place
    picture, made = noise(size, seed, bands), noise(drawn, seed + 1)
    mask = Image.new("L", size)
    mask.paste(noise((part[2] - part[0], part[3] - part[1]), seed).convert("L"), part[:2])
    back = Frame.around(part, size, drawn).put(picture, made, mask)
    assert (back.mode, back.size) == (picture.mode, size)
    kept = np.asarray(mask) == 0
    assert (np.asarray(back)[kept] == np.asarray(picture)[kept]).all()


def test_a_frame_of_the_size_drawn_is_neither_scaled_nor_padded() -> None:
    picture = noise((64, 48))
    frame = Frame.around((0, 0, 64, 48), (64, 48), (64, 48))
    assert frame.cut(picture).tobytes() == picture.tobytes()
    made, white = noise((64, 48), 1), Image.new("L", (64, 48), 255)
    assert frame.put(picture, made, white).tobytes() == made.tobytes()


def test_what_is_a_little_smaller_than_the_grid_is_padded_and_stays_sharp() -> None:
    picture = noise((333, 517))
    frame = Frame.around((0, 0, 333, 517), (333, 517), (336, 528))
    assert frame.size == (336, 528)
    cut = frame.cut(picture)
    left, top = -frame.box[0], -frame.box[1]
    assert cut.crop((left, top, left + 333, top + 517)).tobytes() == picture.tobytes()
    white = Image.new("L", picture.size, 255)
    assert frame.put(picture, cut, white).tobytes() == picture.tobytes()


def test_a_thin_line_of_a_mask_survives_being_made_smaller() -> None:
    mask = Image.new("L", (1000, 1000))
    mask.paste(40, (500, 0, 501, 1000))
    cut = Frame.around((0, 0, 1000, 1000), (1000, 1000), (128, 128)).cut_mask(mask)
    assert np.asarray(cut).max(axis=1).min() == 255


@given(
    sides,
    sides,
    st.tuples(*[st.integers(0, 90)] * 4).filter(any),
    st.integers(0, 40),
    st.sampled_from([3, 4]),
)
@settings(deadline=None)
def test_a_widened_picture_is_kept_and_all_else_is_new(
    width: int, height: int, added: tuple[int, int, int, int], seam: int, bands: int
) -> None:
    top, right, bottom, left = added
    picture = noise((width, height), bands=bands)
    size = (width + left + right, height + top + bottom)
    canvas, mask = widened(picture, left, top, size, seam)
    assert canvas.size == mask.size == size
    own = (left, top, left + width, top + height)
    assert canvas.crop(own).tobytes() == picture.tobytes()
    levels = np.asarray(mask).copy()
    assert not levels[top : top + height, left : left + width].any()
    levels[top : top + height, left : left + width] = 255
    assert levels.all(), "every new pixel is painted"
    far = np.asarray(mask)[: max(0, top - seam)]
    assert (far == 255).all(), "beyond the seam wholly"


def test_new_edges_begin_with_the_colours_that_they_touch() -> None:
    picture = Image.new("RGB", (40, 40), "red")
    picture.paste("blue", (20, 0, 40, 40))
    canvas, _ = widened(picture, 0, 0, (80, 40), 8)
    near = np.asarray(canvas)[20, 41].astype(int)
    assert near[2] > 200
    assert near[0] < 50
