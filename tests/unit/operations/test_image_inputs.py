"""The images and masks of a run, in the order in which their steps are recorded."""

from core.operations.declaration import registry
from core.operations.declaration.use import image_inputs, main_input

OPERATIONS = {entry.name: entry for entry in registry.load().operations()}


def test_the_main_image_stands_first_and_each_asset_once() -> None:
    inpaint, edit = OPERATIONS["inpaint"], OPERATIONS["edit"]
    params = {"mask": "M", "image": "A", "prompt": "a house"}
    assert image_inputs(inpaint, params) == [("image", "A"), ("mask", "M")]
    assert image_inputs(inpaint, {"image": "A", "mask": "A"}) == [("image", "A")]
    assert image_inputs(inpaint, {"image": None, "mask": "M"}) == [("mask", "M")]
    assert image_inputs(edit, {"image": ["B", "A", "B"]}) == [("image", "B"), ("image", "A")]
    assert image_inputs(OPERATIONS["generate"], {"prompt": "a house"}) == []


def test_every_operation_with_a_main_image_lists_it_first() -> None:
    for operation in OPERATIONS.values():
        params = dict.fromkeys(operation.model_fields, "X")
        if main := main_input(operation, params):
            assert image_inputs(operation, params)[0][1] == main, operation.name
