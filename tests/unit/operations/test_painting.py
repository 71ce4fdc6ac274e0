"""Operations on images: what is settled before they are stored, and what is refused by name."""

from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import InvalidInput
from core.models.library.library import Library
from core.operations.declaration.fields import IMAGES_MAX, TaskOutput
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import describe
from core.operations.edit import Edit
from core.operations.img2img import Img2Img
from core.operations.inpaint import Inpaint
from core.operations.outpaint import Outpaint
from core.settings import ROOT

LIBRARY = Library([ROOT / "models"])
PAINTED: dict[str, Any] = {"prompt": "a tree", "image": "A"}


def test_the_strength_is_that_of_the_models_record() -> None:
    inpaint = Inpaint(**PAINTED, mask="M").resolve(LibraryContext(LIBRARY)).operation
    outpaint = Outpaint(**PAINTED, right=8).resolve(LibraryContext(LIBRARY)).operation
    model = LIBRARY.get("nano")
    assert inpaint.strength == model.defaults("inpaint")["strength"]  # type: ignore[attr-defined]
    assert outpaint.strength == 1.0  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["width", "height"])
def test_what_has_the_size_of_its_picture_takes_no_other(name: str) -> None:
    for operation in (Inpaint, Outpaint):
        with pytest.raises(ValidationError, match=name):
            operation(**PAINTED, mask="M", **{name: 128})


def test_nothing_of_the_operations_own_is_called_useless_to_the_model() -> None:
    own = {"invert_mask": True, "mask_feather": 3, "only_masked": True, "padding_mask_crop": 4}
    assert Inpaint(**PAINTED, mask="M", **own).resolve(LibraryContext(LIBRARY)).warnings == ()
    grown = Outpaint(**PAINTED, right=8, unit="percent", mask_feather=1)
    assert grown.resolve(LibraryContext(LIBRARY)).warnings == ()


def test_a_form_hides_only_what_a_model_could_have_no_use_for() -> None:
    fields = describe(Inpaint)["model_fields"]
    assert {"prompt", "strength", "sampler", "true_cfg_scale"} <= set(fields)
    assert not {"mask_feather", "only_masked", "model", "loras"} & set(fields)


def test_a_variation_waits_for_its_picture_to_have_a_size() -> None:
    free = Img2Img(**PAINTED).resolve(LibraryContext(LIBRARY)).operation
    assert (free.width, free.height) == (None, None)  # type: ignore[attr-defined]
    asked = Img2Img(**PAINTED, width=100, height=100).resolve(LibraryContext(LIBRARY))
    assert asked.operation.width == 100  # type: ignore[attr-defined]
    assert asked.warnings == ()


@pytest.mark.parametrize(
    ("picture", "mask", "field"),
    [
        ((100, 100), (100, 100), None),
        ((100, 100), (50, 50), None),
        ((333, 517), (666, 1034), None),
        ((1001, 777), (500, 388), None),
        ((100, 100), (100, 50), "mask"),
        ((100, 100), (100, 98), "mask"),
        ((1, 1000), (1, 1000), "image"),
        ((801, 100), (801, 100), None),
        ((5001, 100), (5001, 100), "image"),
        ((1, 1), (1, 1), None),
    ],
)
def test_a_mask_has_the_shape_of_its_picture(
    picture: tuple[int, int], mask: tuple[int, int], field: str | None
) -> None:
    operation = Inpaint(**PAINTED, mask="M")
    if field is None:
        operation.check_sizes({"image": [picture], "mask": [mask]})
        return
    with pytest.raises(InvalidInput) as caught:
        operation.check_sizes({"image": [picture], "mask": [mask]})
    assert caught.value.field == field
    assert caught.value.fix


@pytest.mark.parametrize("operation", [Img2Img, Edit])
def test_a_strip_that_takes_too_many_windows_is_refused(operation: type[Img2Img | Edit]) -> None:
    asked = operation(**PAINTED)
    asked.check_sizes({"image": [(50, 1)]})
    with pytest.raises(InvalidInput, match="too long and thin") as caught:
        asked.check_sizes({"image": [(51, 1)]})
    assert caught.value.field == "image"


@pytest.mark.parametrize(
    ("given", "added"),
    [
        ({"right": 10}, (0, 10, 0, 0)),
        ({"top": 1, "right": 2, "bottom": 3, "left": 4}, (1, 2, 3, 4)),
        ({"right": 50, "top": 10, "unit": "percent"}, (20, 50, 0, 0)),
        ({"left": 33.4, "unit": "percent"}, (0, 0, 0, 33)),
    ],
)
def test_edges_grow_by_pixels_or_percent(
    given: dict[str, Any], added: tuple[int, int, int, int]
) -> None:
    assert Outpaint(**PAINTED, **given).added((100, 200)) == added


@pytest.mark.parametrize(
    ("given", "picture", "field"),
    [
        ({}, (100, 100), "right"),
        ({"left": 0.1, "unit": "percent"}, (100, 100), "right"),
        ({"left": 401, "unit": "percent"}, (100, 100), "left"),
        ({"bottom": 8000}, (8000, 8000), "bottom"),
        ({"top": 5000}, (100, 100), "top"),
    ],
)
def test_a_result_that_cannot_be_is_refused_under_the_field_that_asks_for_it(
    given: dict[str, Any], picture: tuple[int, int], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        Outpaint(**PAINTED, **given).check_sizes({"image": [picture]})
    assert caught.value.field == field


def test_pictures_for_an_edit_come_alone_or_as_several() -> None:
    assert Edit(prompt="x", image="A").image == ("A",)
    assert Edit(prompt="x", image=["A", "B"]).image == ("A", "B")
    made = {"task": "T", "port": "image"}
    mixed = Edit(prompt="x", image=["A", made])
    assert mixed.image == ("A", TaskOutput(task="T"))
    assert Edit(prompt="x", image=made).image == (TaskOutput(task="T"),)


@pytest.mark.parametrize("bad", [[], ["A"] * (IMAGES_MAX + 1), [1], None])
def test_an_edit_needs_pictures_and_not_too_many(bad: Any) -> None:
    with pytest.raises(ValidationError, match="image"):
        Edit(prompt="x", image=bad)


def test_an_edit_looks_at_no_more_pictures_than_its_model() -> None:
    most = LIBRARY.get("nano").modes["edit"].references
    Edit(prompt="x", image=["A"] * most).resolve(LibraryContext(LIBRARY))
    with pytest.raises(InvalidInput, match=f"{most} images") as caught:
        Edit(prompt="x", image=["A"] * (most + 1)).resolve(LibraryContext(LIBRARY))
    assert caught.value.field == "image"
