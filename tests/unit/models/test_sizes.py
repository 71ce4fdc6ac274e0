"""Sizes: whatever is asked, a model gets one it can draw."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.families import FAMILIES
from core.models.library.library import Library, Model
from core.models.library.record import Record
from core.settings import ROOT

NANO = Library([ROOT / "models"]).get("nano")
FREE = replace(NANO, record=Record())
GRIDS = replace(NANO, record=Record(sizes=((128, 128), (192, 128), (128, 192), (256, 256))))
sides = st.integers(1, 10_000)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A model of two grids with a finisher on disk."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "finisher.onnx").write_bytes(b"x")
    record = Record(sizes=((128, 128), (192, 128)), finisher="finisher.onnx")
    return replace(NANO, path=folder, record=record)


@given(sides, sides)
def test_a_free_model_gets_a_size_within_its_limits(width: int, height: int) -> None:
    limits = FREE.family.sizes
    for side in FREE.snap(width, height):
        assert side % limits.multiple == 0
        assert limits.smallest <= side <= limits.largest
    result = FREE.snap(width, height)
    assert result[0] * result[1] <= limits.pixels


@given(sides, sides)
def test_snapping_twice_changes_nothing_more(width: int, height: int) -> None:
    for model in (NANO, FREE, GRIDS):
        once = model.snap(width, height)
        assert model.snap(*once) == once


@given(sides, sides)
def test_a_model_with_grids_gets_one_of_them(width: int, height: int) -> None:
    assert GRIDS.snap(width, height) in (GRIDS.sizes or ())


@pytest.mark.parametrize(
    ("asked", "result"),
    [
        ((128, 128), (128, 128)),
        ((1024, 1024), (256, 256)),
        ((600, 400), (192, 128)),
        ((400, 600), (128, 192)),
    ],
)
def test_the_shape_counts_more_than_the_area(
    asked: tuple[int, int], result: tuple[int, int]
) -> None:
    assert GRIDS.snap(*asked) == result


def test_a_model_with_a_finisher_gets_any_size_and_draws_one_of_its_own(finished: Model) -> None:
    assert finished.sizes is None
    assert finished.snap(501, 333) == (501, 333)
    assert finished.drawn_size(501, 333) == finished.canvas(501, 333) == (192, 128)
    assert finished.snap(9000, 9000) == FREE.snap(9000, 9000)
    assert FREE.drawn_size(501, 333) == (501, 333)


def test_without_the_file_a_model_supports_what_it_draws(finished: Model, tmp_path: Path) -> None:
    alone = replace(finished, path=tmp_path)
    assert alone.finisher is None
    assert alone.snap(501, 333) == alone.drawn_size(501, 333) == (192, 128)


def test_a_model_is_a_value() -> None:
    assert isinstance(NANO, Model)
    assert replace(NANO) == NANO


def free(family: str) -> Model:
    return replace(FREE, family=FAMILIES[family], variant=None)


@given(st.sampled_from(sorted(FAMILIES)), sides, sides)
def test_a_picture_is_drawn_on_the_grid_and_within_the_limits(
    family: str, width: int, height: int
) -> None:
    model = free(family)
    limits, result = model.family.sizes, model.canvas(width, height)
    assert all(side % limits.multiple == 0 for side in result)
    assert limits.smallest <= min(result)
    assert max(result) <= limits.largest
    assert result[0] * result[1] <= limits.pixels


@given(st.integers(128, 2048), st.integers(128, 2048))
def test_a_picture_that_a_model_can_draw_as_it_is_is_only_padded_to_its_grid(
    width: int, height: int
) -> None:
    model = free("sdxl")
    if (1 << 19) <= width * height <= (2 << 20) - 8 * (width + height + 8):
        result = model.canvas(width, height)
        assert 0 <= result[0] - width < 8
        assert 0 <= result[1] - height < 8


@pytest.mark.parametrize(
    ("size", "result"),
    [
        ((333, 517), (824, 1280)),  # small: drawn at the usual area
        ((16, 16), (1024, 1024)),
        ((1000, 1500), (1000, 1504)),
        ((6000, 4000), (1768, 1176)),  # large: drawn at the largest
    ],
)
def test_a_picture_is_drawn_in_its_own_shape(
    size: tuple[int, int], result: tuple[int, int]
) -> None:
    assert free("sdxl").canvas(*size) == result
    assert GRIDS.canvas(600, 400) == (192, 128)
