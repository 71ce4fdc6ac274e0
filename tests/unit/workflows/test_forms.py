"""Forms of workflows: the exposed fields, and what is left out."""

import pytest

from core.operations.declaration import registry
from core.workflows.form import form_of
from core.workflows.workflow import INERT, Workflow, parse

REGISTRY = registry.load()


def workflow(**changes: object) -> Workflow:
    bricks = [
        {"id": "image", "type": "image_output", "column": 2},
        {"id": "draw", "type": "generate", "column": 1, "exposed": ["model", "prompt", "width"]},
        {"id": "p", "type": "prompt", "props": {"prompt": "a cat"}, "exposed": ["prompt"]},
        {"id": "odd", "type": "nothing", "exposed": ["prompt"]},
    ]
    wires = [
        {"from": "p.prompt", "to": "draw.prompt"},
        {"from": "draw.image", "to": "image.image"},
    ]
    return parse({"bricks": bricks, "wires": wires, **changes})


def test_a_form_has_the_exposed_fields_in_the_order_of_the_wall() -> None:
    form = form_of(workflow(), REGISTRY)
    assert [field.input for field in form.fields] == ["p.prompt", "draw.model", "draw.width"]
    assert form.results == ["image"]
    first = form.fields[0]
    assert (first.value, first.title, first.brick_title) == ("a cat", "Prompt", "Prompt")
    assert first.schema["ui"]["widget"] == "textarea"


def test_a_field_that_a_wire_fills_is_left_out_until_the_wire_is_gone() -> None:
    assert "draw.prompt" not in [field.input for field in form_of(workflow(), REGISTRY).fields]
    unwired = form_of(workflow(wires=[]), REGISTRY)
    field = next(field for field in unwired.fields if field.input == "draw.prompt")
    assert field.required
    assert field.value is None


def test_a_bypassed_brick_has_no_fields_in_the_form() -> None:
    bricks = [brick.model_dump() | {"bypassed": True} for brick in workflow().bricks]
    assert form_of(workflow(bricks=bricks), REGISTRY).fields == []


def test_every_field_of_every_brick_can_be_exposed() -> None:
    for declaration in REGISTRY:
        names = list(declaration.model_fields)
        alone = parse({"bricks": [{"id": "it", "type": declaration.name, "exposed": names}]})
        exposed = [field.field for field in form_of(alone, REGISTRY).fields]
        assert sorted(exposed) == sorted(names), declaration.name


@pytest.mark.parametrize("change", [{"bypassed": True}, {"type": INERT}])
def test_a_field_whose_wire_comes_from_a_brick_that_does_not_run_is_in_the_form(
    change: dict[str, object],
) -> None:
    bricks = [
        brick.model_dump() | (change if brick.id == "p" else {}) for brick in workflow().bricks
    ]
    form = form_of(workflow(bricks=bricks), REGISTRY)
    inputs = {field.input for field in form.fields}
    assert inputs == {"draw.prompt", "draw.model", "draw.width"}


def test_bricks_of_one_column_are_ordered_by_row() -> None:
    bricks = [
        {"id": name, "type": "prompt", "row": row, "exposed": ["prompt"]}
        for row, name in enumerate(["first", "second", "third"])
    ]
    form = form_of(parse({"bricks": bricks[::-1]}), REGISTRY)
    assert [field.brick for field in form.fields] == ["first", "second", "third"]


def test_a_field_without_a_value_has_the_default_of_its_declaration() -> None:
    for declaration in REGISTRY:
        names = list(declaration.model_fields)
        alone = parse({"bricks": [{"id": "it", "type": declaration.name, "exposed": names}]})
        for field in form_of(alone, REGISTRY).fields:
            info = declaration.model_fields[field.field]
            assert field.required == info.is_required()
            if not field.required:
                assert field.value == info.get_default(call_default_factory=True)
