"""The filters: neutral values change nothing, the alpha channel stays, and each has its effect."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import InvalidInput
from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.filter import Filter
from core.pictures import channels
from core.pictures.stack import STACK, active, apply
from tests.unit.pictures.making import noise, pictures

NEUTRAL = Filter.neutral()
COLOUR_ONLY = ("brightness", "contrast", "saturation", "vibrance", "hue_angle", "color_shift_r")


def filtered(image: Image.Image, **changes: Any) -> Image.Image:
    """The image after the stack, with some settings changed."""
    checked = Filter(image="x", **changes).model_dump(exclude={"image"})
    return apply(image, checked, NEUTRAL, lambda _done, _steps: None)


def far_from_neutral(name: str) -> Any:
    """A value of the field that is not neutral."""
    schema = Filter.model_json_schema()["properties"][name]
    if "enum" in schema:
        return schema["enum"][-1]
    if schema["type"] == "boolean":
        return True
    return schema["minimum"] + 0.3 * (schema["maximum"] - schema["minimum"])


@given(pictures)
def test_neutral_values_give_back_the_same_pixels(image: Image.Image) -> None:
    assert filtered(image).tobytes() == image.tobytes()
    assert filtered(image).mode == image.mode


def test_every_field_belongs_to_one_filter_of_the_stack() -> None:
    read = [name for entry in STACK for name in entry.settings]
    assert sorted(read) == sorted(NEUTRAL)


@pytest.mark.parametrize("name", [name for name in NEUTRAL if name != "special_amount"])
def test_every_filter_is_active_away_from_neutral_and_changes_the_picture(name: str) -> None:
    away = Filter(image="x", **{name: far_from_neutral(name)}).model_dump(exclude={"image"})
    assert [entry for entry in active(away, NEUTRAL) if name in entry.settings]
    image = noise(37, 23)
    changed = filtered(image, **{name: away[name]})
    assert changed.tobytes() != image.tobytes()


@given(pictures, st.sampled_from(COLOUR_ONLY), st.floats(0, 1))
def test_colours_change_without_touching_transparency_or_size(
    image: Image.Image, name: str, value: float
) -> None:
    changed = filtered(image, **{name: value})
    assert (changed.size, changed.mode) == (image.size, image.mode)
    if image.mode == "RGBA":
        assert changed.getchannel("A").tobytes() == image.getchannel("A").tobytes()


@pytest.mark.parametrize(
    "effect", ["sepia", "contour", "negative", "emboss", "pixelize", "vignette"]
)
def test_effects_keep_size_and_transparency_and_are_nothing_at_no_strength(effect: str) -> None:
    image = noise(31, 17, "RGBA")
    whole = filtered(image, special_filter=effect)
    assert whole.getchannel("A").tobytes() == image.getchannel("A").tobytes()
    assert whole.convert("RGB").tobytes() != image.convert("RGB").tobytes()
    assert filtered(image, special_filter=effect, special_amount=0).tobytes() == image.tobytes()


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    image = noise(50, 64)
    values: dict[str, Any] = {"contrast": 1.4, "hue_angle": 33, "special_filter": "vignette"}
    whole = filtered(image, **values)
    monkeypatch.setattr(channels, "BAND_PIXELS", 170)
    assert filtered(image, **values).tobytes() == whole.tobytes()


def test_a_negative_twice_is_the_picture() -> None:
    image = noise(20, 20)
    once = filtered(image, special_filter="negative")
    assert filtered(once, special_filter="negative").tobytes() == image.tobytes()


def test_grey_stays_grey_under_a_turn_of_hue_and_saturation() -> None:
    ramp = Image.linear_gradient("L").convert("RGB")
    turned = np.asarray(filtered(ramp, hue_angle=120, saturation=1.7, vibrance=0.5), np.int16)
    assert np.abs(turned - np.asarray(ramp, np.int16)).max() <= 1


def test_hue_turned_all_the_way_in_two_steps_comes_back() -> None:
    soft = Image.fromarray(np.asarray(noise(16, 16)) // 3 + 85)
    there = filtered(soft, hue_angle=40)
    back = np.asarray(filtered(there, hue_angle=-40), np.int16)
    assert np.abs(back - np.asarray(soft, np.int16)).max() <= 3


@given(st.floats(0, 47), st.floats(0, 47), st.floats(0, 47), st.floats(0, 47), pictures)
def test_a_crop_takes_its_share_of_each_side_and_leaves_something(
    top: float, left: float, bottom: float, right: float, image: Image.Image
) -> None:
    cut = filtered(image, crop_top=top, crop_left=left, crop_bottom=bottom, crop_right=right)
    first = (round(image.width * left / 100), round(image.height * top / 100))
    assert cut.width >= 1
    assert cut.height >= 1
    if first[0] < image.width and first[1] < image.height:
        assert cut.getpixel((0, 0)) == image.getpixel(first)


ASPECTS = Filter.model_json_schema()["properties"]["crop_aspect"]["enum"]


@pytest.mark.parametrize("aspect", [name for name in ASPECTS if ":" in name])
def test_a_crop_of_an_aspect_ratio_is_exact_to_a_pixel_and_in_the_middle(aspect: str) -> None:
    image = noise(200, 120)
    cut = filtered(image, crop_left=10, crop_top=25, crop_aspect=aspect)
    width, height = map(int, aspect.split(":"))
    assert abs(cut.width - cut.height * width / height) <= width / height
    assert cut.width == 180 or cut.height == 90
    first = (20 + (180 - cut.width) // 2, 30 + (90 - cut.height) // 2)
    assert (
        cut.tobytes() == image.crop((*first, first[0] + cut.width, first[1] + cut.height)).tobytes()
    )


def test_the_original_aspect_ratio_is_kept_by_an_uneven_crop() -> None:
    image = noise(200, 120)
    assert filtered(image, crop_left=50, crop_aspect="original").size == (100, 60)
    assert filtered(image, crop_top=50, crop_aspect="original").size == (100, 60)
    assert filtered(image, crop_aspect="original").tobytes() == image.tobytes()


@given(pictures, st.sampled_from(ASPECTS))
def test_every_aspect_ratio_leaves_a_pixel_of_every_image(image: Image.Image, aspect: str) -> None:
    cut = filtered(image, crop_aspect=aspect, crop_left=94.5, crop_top=94.5)
    assert cut.width >= 1
    assert cut.height >= 1


def test_landscape_and_portrait_ratios_come_in_pairs() -> None:
    ratios = {tuple(map(int, name.split(":"))) for name in ASPECTS if ":" in name}
    assert {(high, wide) for wide, high in ratios} == ratios
    assert {(1, 1), (4, 3), (3, 2), (16, 9)} <= ratios


@given(pictures)
@settings(max_examples=10, deadline=None)
def test_a_mirrored_quarter_turn_is_the_opposite_turn_of_the_mirrored(image: Image.Image) -> None:
    """The page mirrors what it shows: it swaps the mirror and turns the other way."""
    seen = filtered(filtered(image, rotation_angle=90), mirror_type="horizontal")
    assert seen.tobytes() == filtered(image, mirror_type="horizontal", rotation_angle=-90).tobytes()


@given(pictures)
@settings(max_examples=20, deadline=None)
def test_quarter_turns_are_exact_and_four_of_them_are_none(image: Image.Image) -> None:
    turned = image
    for _ in range(4):
        turned = filtered(turned, rotation_angle=90)
    assert turned.tobytes() == image.tobytes()
    assert filtered(image, rotation_angle=90).getpixel((image.height - 1, 0)) == image.getpixel(
        (0, 0)
    )
    half = filtered(image, rotation_angle=180)
    assert half.tobytes() == filtered(image, rotation_angle=-180).tobytes()


def test_other_turns_leave_transparent_corners() -> None:
    turned = filtered(Image.new("RGB", (40, 20), "red"), rotation_angle=30)
    assert turned.mode == "RGBA"
    assert turned.getpixel((0, 0))[3] == 0  # type: ignore[index]


def test_a_blur_does_not_pull_hidden_colours_out() -> None:
    image = Image.new("RGBA", (30, 30), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (10, 10, 20, 20))
    soft = filtered(image, blur_radius=4)
    assert soft.getpixel((10, 15)) == (255, 0, 0, 255)


def test_two_crops_that_leave_nothing_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as caught:
        Filter(image="x", crop_left=60, crop_right=60).resolve(LibraryContext(Library([])))
    assert caught.value.field == "crop_right"


def test_light_is_the_first_group_of_the_form_and_every_slider_names_its_neutral_value() -> None:
    fields = Filter.model_json_schema()["properties"]
    groups = list(dict.fromkeys(f["ui"]["group"] for f in fields.values() if "group" in f["ui"]))
    assert groups == ["Light", "Colour", "Detail", "Effect", "Frame"]
    sliders = {name: f for name, f in fields.items() if f["ui"]["widget"] == "slider"}
    assert {name: f["ui"]["neutral"] for name, f in sliders.items()} == {
        name: NEUTRAL[name] for name in sliders
    }
