"""Windows over strips: they cover the image, overlap, and leave no seam."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.engine.canvas.frame import Frame
from core.engine.canvas.windows import whole, windows

shapes = st.floats(1, 4)


@st.composite
def strips(draw: st.DrawFn) -> tuple[int, int]:
    """The size of a strip, wide or high."""
    short = draw(st.integers(1, 24))
    long = draw(st.integers(8 * short + 1, 30 * short))
    return (long, short) if draw(st.booleans()) else (short, long)


@given(strips(), shapes)
def test_windows_cover_a_strip_in_order_and_overlap(size: tuple[int, int], shape: float) -> None:
    made = windows(size, shape)
    axis = 0 if size[0] > size[1] else 1
    starts = [window.box[axis] for window in made]
    ends = [window.box[axis + 2] for window in made]
    assert (starts[0], ends[-1]) == (0, max(size))
    assert all(start <= end for start, end in zip(starts[1:], ends, strict=False))
    assert starts == sorted(set(starts))
    assert [window.index for window in made] == list(range(len(made)))
    for window in made:
        assert window.sides[1 - axis] == min(size)
        assert window.sides[axis] <= max(2, round(4 * min(size)))


@given(strips(), shapes)
def test_each_pixel_is_drawn_and_the_last_window_over_it_counts_most(
    size: tuple[int, int], shape: float
) -> None:
    painted = Image.new("L", size)
    for window in windows(size, shape):
        frame = Frame(window.box, window.sides)
        painted = frame.put(painted, Image.new("L", window.sides, 200), window.fade())
    levels = np.asarray(painted)
    edge = next(iter(windows(size, shape))).span.stop
    assert levels.min() > 0
    line = levels[0] if size[0] > size[1] else levels[:, 0]
    assert (line[: edge // 2] == 200).all()
    assert line[-1] == 200


def test_windows_that_change_nothing_give_the_very_image() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (16, 300, 3), np.uint8)
    source = made = Image.fromarray(pixels)
    for window in windows(source.size, 4):
        frame = Frame.around(window.box, source.size, window.sides)
        made = frame.put(made, frame.cut(made), window.fade())
    assert made.tobytes() == source.tobytes()


def test_a_window_fades_in_over_the_one_before_it() -> None:
    first, second, *_ = windows((200, 16), 4)
    assert np.asarray(first.fade())[0, : first.span.stop].min() == 255
    fade = np.asarray(second.fade())[0]
    rise = fade[second.span.first : second.span.first + second.span.rise].astype(int)
    assert (np.diff(rise) > 0).all()
    assert second.span.rise == 16, "a quarter of the window"
    assert (fade[: second.span.first] == 0).all()


def test_what_is_drawn_as_one_has_one_window() -> None:
    window = whole((40, 9))
    assert (window.box, window.count) == ((0, 0, 40, 9), 1)
    assert window.fade().getextrema() == (255, 255)
