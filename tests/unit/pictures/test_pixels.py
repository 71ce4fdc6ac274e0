"""Single filters by their arithmetic: neutral values, inverse pairs, ranges, exact pixels."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from core.pictures import detail, geometry, tone
from core.pictures.channels import in_bands, merge_alpha, split_alpha
from core.pictures.effects import EFFECTS
from tests.unit.pictures.making import noise, pictures

Floats = NDArray[np.float32]
NEUTRAL: dict[str, float] = {
    "brightness": 1, "contrast": 1, "saturation": 1, "vibrance": 0, "hue": 0,
    "shift_red": 0, "shift_green": 0, "shift_blue": 0,
}  # fmt: skip
SEEDS = st.integers(0, 50)
percents = st.floats(0, 95)


def colours(seed: int, low: float = 0, high: float = 1) -> Floats:
    """Random colours, 3 × 8 × 9."""
    return np.random.default_rng(seed).uniform(low, high, (3, 8, 9)).astype(np.float32)


def luma(values: Floats) -> Floats:
    return tone.mixed(values, tone.LUMA)


def function(name: str) -> Callable[[Floats, float], Floats]:
    result: Callable[[Floats, float], Floats] = getattr(tone, name)
    return result


@pytest.mark.parametrize("name", NEUTRAL)
def test_a_neutral_value_changes_no_colour_and_no_filter_writes_into_its_input(name: str) -> None:
    before = colours(1)
    kept = before.copy()
    assert np.allclose(function(name)(before, NEUTRAL[name]), before, atol=2e-3)
    function(name)(before, NEUTRAL[name] + 0.5)
    assert (before == kept).all()


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
@given(seed=SEEDS, factor=st.floats(0.25, 4))
def test_a_factor_and_its_inverse_cancel_out(name: str, seed: int, factor: float) -> None:
    before = colours(seed)
    there = function(name)(before, factor)
    assert np.allclose(function(name)(there, 1 / factor), before, atol=1e-4)


@pytest.mark.parametrize("name", ["hue", "shift_red", "shift_green", "shift_blue"])
@given(seed=SEEDS, value=st.floats(-180, 180))
def test_a_shift_and_its_opposite_cancel_out(name: str, seed: int, value: float) -> None:
    before = colours(seed)
    assert np.allclose(function(name)(function(name)(before, value), -value), before, atol=1e-4)


@pytest.mark.parametrize("name", ["saturation", "vibrance", "hue"])
@given(seed=SEEDS, value=st.floats(-1, 2))
def test_colour_changes_without_changing_the_luma(name: str, seed: int, value: float) -> None:
    before = colours(seed)
    assert np.allclose(luma(function(name)(before, value)), luma(before), atol=2e-3)


@given(SEEDS)
def test_at_zero_saturation_and_in_greyscale_all_three_colours_are_the_luma(seed: int) -> None:
    before = colours(seed)
    for grey in (tone.saturation(before, 0), tone.grayscale(before, 1)):
        assert np.allclose(grey, luma(before)[None], atol=1e-5)
    assert np.allclose(tone.contrast(before, 0), 0.5)
    assert not tone.brightness(before, 0).any()


@given(SEEDS, st.floats(0.05, 1))
def test_vibrance_changes_weak_colours_more_than_strong_ones(seed: int, amount: float) -> None:
    weak, strong = colours(seed, 0.45, 0.55), colours(seed, 0, 1)
    strong[0], strong[1] = 1, 0  # as strong as a colour can be
    gain = np.abs(tone.vibrance(weak, amount) - luma(weak)) / np.abs(weak - luma(weak))
    assert (gain > 1).all()
    assert np.allclose(tone.vibrance(strong, amount), strong, atol=1e-6)


@pytest.mark.parametrize(("name", "channel"), [("red", 0), ("green", 1), ("blue", 2)])
def test_a_shift_of_51_levels_is_a_fifth_and_leaves_the_others_alone(
    name: str, channel: int
) -> None:
    before = colours(3)
    moved = function(f"shift_{name}")(before, 51) - before
    assert np.allclose(moved[channel], 0.2)
    assert not np.delete(moved, channel, axis=0).any()


@given(pictures, st.floats(-0.5, 1.5))
def test_results_are_rounded_once_and_clipped(image: Image.Image, level: float) -> None:
    flat = in_bands(image, lambda band, _top: np.full_like(band, level))
    expected = round(min(max(level, 0), 1) * 255)
    values = np.asarray(split_alpha(flat)[0])
    assert np.abs(values.astype(int) - expected).max() <= 1
    assert (flat.size, flat.mode) == (image.size, image.mode)


@given(pictures)
def test_an_alpha_channel_is_split_off_and_joined_again(image: Image.Image) -> None:
    plain, alpha = split_alpha(image)
    assert plain.mode == "RGB"
    assert (alpha is None) == (image.mode == "RGB")
    assert merge_alpha(plain.copy(), alpha).tobytes() == image.tobytes()


@given(pictures, percents, percents, percents, percents)
def test_a_crop_is_a_part_of_the_image_whatever_is_asked(
    image: Image.Image, top: float, left: float, bottom: float, right: float
) -> None:
    cut = geometry.crop(image, top, left, bottom, right)
    assert 1 <= cut.width <= image.width
    assert 1 <= cut.height <= image.height
    column = min(round(image.width * left / 100), image.width - 1)
    row = min(round(image.height * top / 100), image.height - 1)
    part = image.crop((column, row, column + cut.width, row + cut.height))
    assert cut.tobytes() == part.tobytes()
    assert geometry.crop(image, 0, 0, 0, 0).tobytes() == image.tobytes()


@pytest.mark.parametrize("kind", ["none", "horizontal", "vertical", "both"])
@given(image=pictures)
def test_mirrored_twice_is_the_image(kind: str, image: Image.Image) -> None:
    once = geometry.mirror(image, kind)
    assert geometry.mirror(once, kind).tobytes() == image.tobytes()
    x = image.width - 1 if kind in ("horizontal", "both") else 0
    y = image.height - 1 if kind in ("vertical", "both") else 0
    assert once.getpixel((x, y)) == image.getpixel((0, 0))


@given(pictures, st.sampled_from([90, 180, 270]), st.integers(-2, 2))
def test_whole_turns_more_or_less_are_the_same_turn(
    image: Image.Image, degrees: int, turns: int
) -> None:
    turned = geometry.rotate(image, degrees + 360 * turns)
    assert turned.tobytes() == geometry.rotate(image, degrees).tobytes()
    assert geometry.rotate(turned, 360 - degrees).tobytes() == image.tobytes()


@given(st.floats(1, 4))
def test_a_zoom_keeps_the_middle_in_the_middle_and_spreads_it(factor: float) -> None:
    image = Image.new("RGB", (60, 40))
    image.paste((255, 255, 255), (25, 15, 35, 25))
    zoomed = np.asarray(geometry.zoom(image, factor).convert("L"), float)
    assert zoomed.shape == (40, 60)
    rows, columns = np.indices(zoomed.shape)
    middle = (rows * zoomed).sum() / zoomed.sum(), (columns * zoomed).sum() / zoomed.sum()
    assert middle == pytest.approx((19.5, 29.5), abs=0.2)
    assert zoomed.sum() / 255 == pytest.approx(min(100 * factor**2, 2400), rel=0.12)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_flat_image_has_nothing_to_blur_or_sharpen(mode: str) -> None:
    image = Image.new(mode, (20, 12), (90, 120, 30, 200)[: len(mode)])
    for changed in (detail.blur(image, 5), detail.sharpness(image, 4), detail.sharpness(image, 0)):
        assert np.abs(np.asarray(changed).astype(int) - np.asarray(image)).max() <= 1
        assert changed.mode == mode


def test_sharpness_is_neutral_at_one_and_stretches_differences_above() -> None:
    image = noise(16, 16)
    assert detail.sharpness(image, 1).tobytes() == image.tobytes()
    soft, sharp = (
        np.asarray(detail.sharpness(image, factor), float).std() for factor in (0.0, 3.0)
    )
    assert soft < np.asarray(image, float).std() < sharp


@pytest.mark.parametrize("name", EFFECTS)
@given(image=pictures, amount=st.floats(0.05, 1))
def test_every_effect_keeps_the_size_and_transparency_of_any_image(
    name: str, image: Image.Image, amount: float
) -> None:
    changed = EFFECTS[name](image, amount)
    assert (changed.size, changed.mode) == (image.size, image.mode)
    if image.mode == "RGBA":
        assert changed.getchannel("A").tobytes() == image.getchannel("A").tobytes()


@pytest.mark.parametrize("name", ["sepia", "negative", "contour", "emboss", "vignette"])
def test_a_stronger_effect_is_further_from_the_image(name: str) -> None:
    image = noise(24, 18, seed=4)
    before: NDArray[Any] = np.asarray(image, float)
    away = [
        np.abs(np.asarray(EFFECTS[name](image, amount), float) - before).mean()
        for amount in (0.2, 0.5, 1)
    ]
    assert 0 < away[0] < away[1] < away[2]


def test_pixels_become_blocks_of_one_colour_each() -> None:
    blocks = np.asarray(EFFECTS["pixelize"](noise(96, 96), 1))  # of 4 pixels a side
    grid = blocks.reshape(24, 4, 24, 4, 3)
    assert (grid == grid[:, :1, :, :1]).all()
    assert len(np.unique(blocks.reshape(-1, 3), axis=0)) > 100


def test_a_vignette_leaves_the_middle_and_darkens_the_corners_alike() -> None:
    white = np.asarray(EFFECTS["vignette"](Image.new("L", (41, 31), 255).convert("RGB"), 1))
    assert white[15, 20].tolist() == [255] * 3
    corners = {tuple(white[y, x]) for y in (0, 30) for x in (0, 40)}
    assert corners == {(0, 0, 0)}
    assert (np.diff(white[15, 20:, 0].astype(int)) <= 0).all()
