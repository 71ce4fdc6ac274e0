"""Control images of drawn images, whose answers are known."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.pictures.control import lines, reductions, surfaces
from core.pictures.control.edges import canny, gradient, hysteresis
from core.pictures.control.grey import levels, to_image


def rectangle(mode: str = "RGB") -> Image.Image:
    """A black rectangle from (16, 12) to (47, 35) on white, 64 × 48."""
    image = Image.new(mode, (64, 48), "white")
    ImageDraw.Draw(image).rectangle((16, 12, 47, 35), fill="black")
    return image


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image)


def test_the_edges_of_a_rectangle_are_its_outline() -> None:
    edges = canny(rectangle(), 0.1, 0.2, 1.0)
    rows, columns = np.nonzero(edges)
    near = [
        min(abs(row - 11.5), abs(row - 35.5)) <= 1
        or min(abs(column - 15.5), abs(column - 47.5)) <= 1
        for row, column in zip(rows, columns, strict=True)
    ]
    assert all(near)
    assert (rows.min(), rows.max()) == (12, 36)
    assert (columns.min(), columns.max()) == (16, 48)
    assert edges[24].sum() == 2, "one pixel on each side of a row through the middle"
    assert edges[:, 32].sum() == 2
    assert edges.sum() == pytest.approx(2 * (32 + 24), abs=4)


def test_a_step_across_one_pixel_has_a_gradient_of_one() -> None:
    step = np.zeros((5, 6), np.float32)
    step[:, 3:] = 1
    down, across = gradient(step, 0)
    assert not down.any()
    assert across[2].tolist() == [0, 0, 1, 1, 0, 0]


def test_a_slanted_edge_is_thin_and_unbroken() -> None:
    image = Image.new("RGB", (64, 64), "white")
    ImageDraw.Draw(image).polygon([(0, 0), (0, 63), (63, 63)], fill="black")
    edges = canny(image, 0.1, 0.2, 1.0)
    assert edges[4:60].sum(axis=1).max() <= 2
    assert edges[4:60].sum(axis=1).min() >= 1


def test_hysteresis_keeps_weak_edges_that_touch_a_strong_one() -> None:
    strength = np.array(
        [[0.3, 0.3, 0, 0.3], [0, 0, 0.9, 0], [0, 0, 0, 0], [0.3, 0, 0, 0]], np.float32
    )
    kept = hysteresis(strength, 0.2, 0.8)
    assert kept.astype(int).tolist() == [[1, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert not hysteresis(strength, 0.2, 0.95).any()


def test_a_flat_image_has_no_edges_at_any_threshold() -> None:
    flat = Image.new("RGB", (20, 20), (90, 90, 90))
    assert not canny(flat, 0, 0, 1.0).any()
    assert not lines.soft_edges(levels(flat), 1.0).any()
    assert not lines.scribble(levels(flat), 1.0, 0.1, 4).any()
    assert not lines.line_art(levels(flat), 1.0, 50).any()


def test_line_art_draws_a_dark_line_and_leaves_a_light_one() -> None:
    grey = np.full((60, 60), 0.5, np.float32)
    grey[:, 15:17], grey[:, 45:47] = 0, 1
    row = lines.line_art(grey, 1.0, 20)[30]
    assert row[15:17].tolist() == [1, 1]
    assert row[45:47].tolist() == [0, 0]
    assert row[25:35].max() == 0


def test_soft_edges_are_brightest_on_the_outline_and_fade() -> None:
    soft = lines.soft_edges(levels(rectangle()), 2.0)
    assert soft.max() == 1
    assert soft[24, 32] < 0.01
    row = soft[24, 6:16]
    assert (np.diff(row) > 0).all(), "rises towards the edge"


def test_a_scribble_has_the_width_of_its_stroke() -> None:
    strokes = lines.scribble(levels(rectangle()), 1.0, 0.1, 5)
    assert strokes[24, :32].sum() == 5
    assert lines.scribble(levels(rectangle()), 1.0, 0.1, 1)[24, :32].sum() == 1


def test_the_normals_of_a_ramp_are_equal_everywhere_and_tilted() -> None:
    ramp = np.tile(np.linspace(0, 1, 100, dtype=np.float32), (50, 1))
    normal = pixels(surfaces.normals(ramp, 10.0, 0)).astype(float) / 127.5 - 1
    # 100 units of depth over 99 pixels: the normal of x is -s / sqrt(1 + s²).
    slope = 100 / 99
    expected = (-slope / np.hypot(1, slope), 0, 1 / np.hypot(1, slope))
    assert np.allclose(normal, expected, atol=1 / 127.5)


def test_a_surface_that_comes_nearer_downward_faces_up() -> None:
    ramp = np.tile(np.linspace(0, 1, 60, dtype=np.float32)[:, None], (1, 60))
    normal = pixels(surfaces.normals(ramp, 10.0, 0))[30, 30]
    assert normal[0] in (127, 128)
    assert normal[1] > 200


def test_a_flat_depth_faces_the_viewer_also_in_one_row() -> None:
    for shape in ((9, 9), (1, 9), (1, 1)):
        normal = pixels(surfaces.normals(np.full(shape, 0.4, np.float32), 5, 1.0))
        assert (normal == (128, 128, 255)).all(), shape


def test_a_tile_keeps_the_colours_and_loses_the_detail() -> None:
    board = np.indices((32, 32)).sum(axis=0) % 2 * 255
    image = Image.fromarray(board.astype(np.uint8)).convert("RGB")
    coarse = pixels(reductions.tiled(image, 4))
    assert coarse.shape == (32, 32, 3)
    assert np.ptp(coarse) <= 1
    assert coarse.mean() == pytest.approx(127.5, abs=1)
    assert pixels(reductions.tiled(image, 1)).tolist() == pixels(image).tolist()


def test_grey_levels_are_those_of_rec_601() -> None:
    colours = Image.new("RGB", (3, 1))
    for x, colour in enumerate(((255, 0, 0), (0, 255, 0), (0, 0, 255))):
        colours.putpixel((x, 0), colour)
    assert pixels(reductions.grey(colours))[0, :, 0].tolist() == [76, 150, 29]


def test_what_is_transparent_counts_as_white() -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert levels(image).min() == 1
    assert pixels(reductions.blurred(image, 3)).min() == 255


def test_levels_outside_black_and_white_are_clipped() -> None:
    image = to_image(np.array([[-1, 0.5, 7]], np.float32))
    assert pixels(image)[0, :, 0].tolist() == [0, 128, 255]
