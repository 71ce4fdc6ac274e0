"""Pieces cover everything, their weights sum to one, and what draws nothing new leaves no seam."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.engine.auxiliary.tiling import MOST_OVERLAP, Grid, TilePiece, assemble, spans

LENGTHS, PIECES, OVERLAPS = st.integers(1, 5000), st.integers(4, 2048), st.integers(0, 2048)
SIDES, SMALL = st.integers(1, 150), st.integers(4, 90)


@given(LENGTHS, PIECES, OVERLAPS)
def test_every_pixel_of_a_side_is_weighed_with_one(length: int, piece: int, overlap: int) -> None:
    weights = np.zeros(length)
    for span in spans(length, piece, overlap):
        assert 0 <= span.start <= span.first < span.last <= span.stop <= length
        weights[span.first : span.last] += span.weights()
    assert np.abs(weights - 1).max() < 1e-6


@given(LENGTHS, PIECES, OVERLAPS)
def test_pieces_are_equal_and_share_what_was_asked(length: int, piece: int, overlap: int) -> None:
    result = spans(length, piece, overlap)
    assert {span.length for span in result} == {min(piece, length)}
    shared = min(overlap, int(piece * MOST_OVERLAP))
    for before, after in pairwise(result):
        assert before.stop - after.start >= shared
        assert before.last - after.first == shared
        assert before.start < after.start


@given(SIDES, SIDES, SMALL, SMALL, st.integers(0, 40), st.integers(1, 3))
def test_what_draws_every_piece_as_it_was_gives_the_picture_back(
    width: int, height: int, across: int, down: int, overlap: int, scale: int
) -> None:
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    picture = Image.fromarray(pixels)

    def same(piece: TilePiece) -> Image.Image:
        cut = picture.crop(piece.box)
        return cut.resize((scale * cut.width, scale * cut.height), Image.Resampling.NEAREST)

    grid = Grid.of(picture.size, (across, down), overlap)
    whole = picture.resize((scale * width, scale * height), Image.Resampling.NEAREST)
    assert assemble(grid, same, scale).tobytes() == whole.tobytes()


def test_pieces_that_differ_fade_into_each_other() -> None:
    grid = Grid.of((100, 10), (60, 10), 15)
    colours = ["black", "white"]
    drawn = assemble(grid, lambda piece: Image.new("RGB", (60, 10), colours[piece.index]))
    row = np.asarray(drawn)[0, :, 0].astype(int)
    steps = np.diff(row)
    assert (row[0], row[-1]) == (0, 255)
    assert (steps >= 0).all()
    assert steps.max() <= 255 / 15 + 1


def test_only_a_row_of_pieces_is_open_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.engine.auxiliary import tiling

    held: list[int] = []
    zeros = np.zeros

    def noted(shape: tuple[int, ...], kind: type) -> object:
        held.append(shape[0])
        return zeros(shape, kind)

    monkeypatch.setattr(tiling.np, "zeros", noted)
    picture = Image.new("RGB", (16, 2000))
    assemble(Grid.of(picture.size, (16, 64), 16), lambda piece: picture.crop(piece.box))
    assert max(held) <= 64
    assert len(held) > 20


def test_pieces_are_counted_row_by_row() -> None:
    grid = Grid.of((100, 100), (60, 60), 10)
    pieces = [piece for number in range(2) for piece in grid.row(number)]
    assert [piece.index for piece in pieces] == [0, 1, 2, 3]
    assert grid.count == 4
    assert [piece.box for piece in pieces][1:3] == [(40, 0, 100, 60), (0, 40, 60, 100)]


def test_a_piece_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="a piece has the size"):
        assemble(Grid.of((8, 8), (8, 8), 0), lambda _: Image.new("RGB", (4, 4)))
