"""Sizes of every family: on its grid, within its limits, as near to the request as they can be."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.models.families.family import Family, Sizes
from core.models.library.library import Library
from core.models.library.model import Model
from core.models.library.record import Record
from core.settings import ROOT

NANO = Library([ROOT / "models"]).get("nano")
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.id)
families = st.sampled_from(list(FAMILIES.values()))
sides = st.integers(1, 10_000)


def model_of(family: Family) -> Model:
    return replace(NANO, family=family, variant=None, record=Record())


def within(size: tuple[int, int], limits: Sizes) -> bool:
    return (
        all(limits.smallest <= side <= limits.largest for side in size)
        and all(side % limits.multiple == 0 for side in size)
        and size[0] * size[1] <= limits.pixels
    )


@EVERY_FAMILY
def test_the_limits_of_a_family_allow_a_picture_of_every_shape_and_its_default(
    family: Family,
) -> None:
    limits = family.sizes
    assert limits.smallest * limits.largest <= limits.pixels
    assert limits.pixels <= limits.largest**2
    for mode in family.modes:
        defaults = model_of(family).defaults(mode)
        if "width" in defaults:
            size = (defaults["width"], defaults["height"])
            assert within(size, limits)
            assert model_of(family).snap(*size) == size


@given(families, sides, sides)
@example(FAMILIES["sdxl"], 1397, 1501)  # both sides round up
def test_any_size_becomes_one_that_the_family_can_draw(
    family: Family, width: int, height: int
) -> None:
    model = model_of(family)
    size = model.snap(width, height)
    assert within(size, family.sizes)
    assert model.snap(*size) == size


@given(families, st.data())
def test_a_size_that_a_family_can_draw_is_kept(family: Family, data: st.DataObject) -> None:
    limits = family.sizes
    cells = st.integers(limits.smallest // limits.multiple, limits.largest // limits.multiple)
    width = data.draw(cells) * limits.multiple
    highest = min(limits.largest, limits.pixels // width) // limits.multiple
    height = data.draw(st.integers(limits.smallest // limits.multiple, highest)) * limits.multiple
    assert model_of(family).snap(width, height) == (width, height)
    assert model_of(family).snap(height, width) == (height, width)


@given(families, sides, sides)
def test_within_the_limits_no_side_moves_by_a_whole_cell(
    family: Family, width: int, height: int
) -> None:
    limits = family.sizes
    if width * height <= limits.pixels:
        for asked, side in zip((width, height), model_of(family).snap(width, height), strict=True):
            inside = min(max(asked, limits.smallest), limits.largest)
            assert abs(side - inside) < limits.multiple


@given(families, st.integers(1, 40), st.integers(1, 40), st.integers(60, 4_000))
def test_too_large_a_picture_keeps_its_shape(
    family: Family, across: int, down: int, scale: int
) -> None:
    width, height = across * scale, down * scale
    limits = family.sizes
    if width * height <= limits.pixels:
        return
    size = model_of(family).snap(width, height)
    if all(limits.smallest < side < limits.largest for side in size):
        exact = (limits.pixels * across / down) ** 0.5, (limits.pixels * down / across) ** 0.5
        for side, ideal in zip(size, exact, strict=True):
            assert 0 <= ideal - side < limits.multiple + 1e-6


@given(families, sides, sides)
def test_the_canvas_of_a_picture_on_its_side_is_on_its_side_too(
    family: Family, width: int, height: int
) -> None:
    model = model_of(family)
    assert model.canvas(height, width) == tuple(reversed(model.canvas(width, height)))
    assert model.snap(height, width) == tuple(reversed(model.snap(width, height)))


@EVERY_FAMILY
def test_a_larger_picture_never_has_a_smaller_canvas_than_its_half(family: Family) -> None:
    model = model_of(family)
    usual = family.defaults["width"]
    canvases = [model.canvas(side, side) for side in range(usual, usual * 3, 40)]
    assert all(first[0] <= second[0] for first, second in pairwise(canvases))


@given(
    st.lists(st.tuples(*[st.integers(1, 60).map(lambda cells: cells * 16)] * 2), min_size=1),
    sides,
    sides,
)
def test_a_record_of_sizes_allows_only_these(
    sizes: list[tuple[int, int]], width: int, height: int
) -> None:
    model = replace(NANO, record=Record(sizes=tuple(sizes)))
    assert model.snap(width, height) in sizes
    assert model.canvas(width, height) in sizes
    for size in sizes:
        assert model.snap(*size) == size


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.id)
def test_as_many_references_as_the_mode_takes_and_no_more(family: Family) -> None:
    model = model_of(family)
    for name, mode in family.modes.items():
        model.check_references(name, mode.references)
        with pytest.raises(InvalidInput, match=f"not {mode.references + 1}") as caught:
            model.check_references(name, mode.references + 1)
        assert caught.value.field == "image"
        assert caught.value.fix


@EVERY_FAMILY
def test_defaults_are_overridden_from_the_family_to_the_record(family: Family) -> None:
    for name, mode in family.modes.items():
        model = model_of(family)
        known = set(model.parameters(name))
        assert set(model.defaults(name)) <= known
        for variant in family.variants:
            own = replace(model, variant=variant, distilled=variant.distilled)
            defaults = own.defaults(name)
            assert set(defaults) <= set(own.parameters(name))
            assert not set(own.parameters(name)) & set(variant.unused)
            for key in defaults:
                layers = (variant.defaults, mode.defaults, family.defaults)
                assert defaults[key] == next(layer[key] for layer in layers if key in layer)
                changed = replace(own, record=Record(defaults={key: 7}))
                assert changed.defaults(name)[key] == 7
                inner = Record(defaults={key: 7}, mode_defaults={name: {key: 8}})
                assert replace(own, record=inner).defaults(name)[key] == 8
            for parameter in own.parameters(name):
                idle = replace(own, record=Record(unused=(parameter,)))
                assert own.supports(name, parameter)
                assert not idle.supports(name, parameter)
                assert parameter not in idle.defaults(name)


@EVERY_FAMILY
def test_a_distilled_model_has_no_use_for_what_guides_others(family: Family) -> None:
    model = model_of(family)
    for name, mode in family.modes.items():
        guided = set(mode.parameters) & family.guided
        assert guided <= set(model.parameters(name))
        assert not guided & set(replace(model, distilled=True).parameters(name))
    assert not model.supports("no_such_mode", "prompt")


@EVERY_FAMILY
def test_arguments_of_every_call_come_from_the_variant_and_the_record(family: Family) -> None:
    for variant in family.variants:
        model = replace(model_of(family), variant=variant)
        assert model.call == variant.call
        own = Record(call={"max_sequence_length": 3, "layers": [1, 2]})
        assert replace(model, record=own).call == {
            **variant.call,
            "max_sequence_length": 3,
            "layers": (1, 2),
        }
