"""Every field of every declaration keeps the limits that its form shows, under its own name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import StudioError
from core.kinds import kind_of
from core.models.library.library import Library
from core.operations.declaration.base import Declaration, Operation
from core.operations.declaration.fields import TEXT_MAX, form_schema, port_fields
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import load
from core.prompts.presets import PromptPresets
from core.settings import ROOT

PRESETS = ROOT / "presets"
REGISTRY = load()
OPERATIONS = pytest.mark.parametrize(
    "operation", REGISTRY.operations(), ids=lambda operation: operation.name
)
ENTRIES = [
    (declaration, name, part)
    for declaration in REGISTRY
    for name, part in form_schema(declaration)["properties"].items()
]


def fields_with(*keys: str) -> pytest.MarkDecorator:
    """Every field whose schema has one of these keys."""
    return pytest.mark.parametrize(
        ("declaration", "name", "part"),
        [
            pytest.param(*entry, id=f"{entry[0].name}-{entry[1]}")
            for entry in ENTRIES
            if set(keys) & set(entry[2])
        ],
    )


ITEMS = {
    "checkpoints": {"step": 40, "key": "0" * 64},
    "loras": {"name": "a"},
    "control": {"model": "a"},
    "reference": {"weight": 1},
    "regions": {"prompt": "a"},
}  # of lists of objects
REQUIRED = {"text": "a cat", "image": "an-asset", "mask": "an-asset", "json": "{}"}


def required(declaration: type[Declaration]) -> dict[str, Any]:
    """A value of every field that has no default."""
    ports = port_fields(declaration)
    return {
        name: REQUIRED[ports[name].type] if name in ports else "nano"
        for name, field in declaration.model_fields.items()
        if field.is_required()
    }


def made(declaration: type[Declaration], **values: Any) -> Declaration:
    return declaration.model_validate({**required(declaration), **values})


def refused(declaration: type[Declaration], name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        made(declaration, **{name: value})
    assert {error["loc"][0] for error in caught.value.errors()} == {name}


@fields_with("minimum", "maximum", "exclusiveMinimum")
def test_a_number_is_taken_up_to_its_limits_and_refused_beyond(
    declaration: type[Declaration], name: str, part: dict[str, Any]
) -> None:
    low, high = part.get("minimum", part.get("exclusiveMinimum")), part["maximum"]
    assert low is not None
    assert low < high
    for value in (high, *([low] if "minimum" in part else [])):
        assert getattr(made(declaration, **{name: value}), name) == value
    if "exclusiveMinimum" in part:
        refused(declaration, name, low)
    for value in (low - 1, high + 1, "much", [low]):
        refused(declaration, name, value)
    default = part.get("default")
    if default is not None:
        assert low <= default <= high


@fields_with("enum")
def test_a_choice_takes_each_of_its_values_and_shows_words_for_all(
    declaration: type[Declaration], name: str, part: dict[str, Any]
) -> None:
    assert part["ui"]["widget"] in ("select", "hidden")
    for value in part["enum"]:
        assert getattr(made(declaration, **{name: value}), name) == value
    refused(declaration, name, "none of these")
    assert part["default"] in part["enum"]
    if "choices" in part["ui"]:
        assert set(part["ui"]["choices"]) == set(part["enum"])
        assert all(part["ui"]["choices"].values())


@fields_with("maxLength")
def test_a_text_is_taken_up_to_its_length_and_refused_beyond(
    declaration: type[Declaration], name: str, part: dict[str, Any]
) -> None:
    longest = part["maxLength"]
    assert part["type"] == "string"
    assert getattr(made(declaration, **{name: "a" * longest}), name) == "a" * longest
    refused(declaration, name, "a" * (longest + 1))
    refused(declaration, name, ["a"])


@fields_with("maxItems")
def test_a_list_is_taken_up_to_its_length_and_refused_beyond(
    declaration: type[Declaration], name: str, part: dict[str, Any]
) -> None:
    most, numeric = part["maxItems"], part["items"].get("type") in ("integer", "number")
    item: Any = ITEMS.get(name, 1 if numeric else "a")
    assert part["type"] == "array"
    assert len(getattr(made(declaration, **{name: [item] * most}), name)) == most
    refused(declaration, name, [item] * (most + 1))
    if "minItems" in part:
        refused(declaration, name, [])
    else:
        assert getattr(made(declaration, **{name: []}), name) == ()


@fields_with("ui")
def test_a_field_is_shown_by_fields_and_values_that_exist(
    declaration: type[Declaration], name: str, part: dict[str, Any]
) -> None:
    properties = form_schema(declaration)["properties"]
    for other, values in part["ui"].get("when", {}).items():
        assert other in properties
        assert other != name
        for value in values:
            assert getattr(made(declaration, **{other: value}), other) == value
    if part["ui"].get("from_model"):
        assert part.get("default") is None
    if "step" in part["ui"]:
        assert (
            0
            < part["ui"]["step"]
            <= part["maximum"] - part.get("minimum", part.get("exclusiveMinimum"))
        )


@OPERATIONS
def test_an_unknown_parameter_is_refused_by_its_name(operation: type[Operation]) -> None:
    refused(operation, "no_such_parameter", 1)


@OPERATIONS
def test_parameters_cannot_be_changed_after_they_were_checked(operation: type[Operation]) -> None:
    parameters = made(operation)
    for name in operation.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(parameters, name, None)


@OPERATIONS
def test_what_a_port_fills_may_be_the_output_of_another_task(operation: type[Operation]) -> None:
    for name, port in port_fields(operation).items():
        if not kind_of(port.type).mapped:
            continue  # values of bricks, which never run
        value = getattr(made(operation, **{name: {"task": "t1", "index": 2}}), name)
        (reference,) = value if port.many else (value,)
        assert (reference.task, reference.index) == ("t1", 2)
        assert reference.port == ("image" if port.type in ("mask", "svg") else port.type)
        for bad in ({"task": "t1", "index": -1}, {"task": "t1", "where": "x"}, {"index": 1}):
            if port.type != "json":
                with pytest.raises(ValidationError):
                    made(operation, **{name: bad})
        if port.type == "text":
            refused(operation, name, "a" * (TEXT_MAX + 1))


@OPERATIONS
def test_parameters_survive_storage_as_json(operation: type[Operation]) -> None:
    parameters = made(operation)
    assert operation.model_validate_json(parameters.model_dump_json()) == parameters
    assert parameters.runs_in() in ("device", "cpu", "io")


def resolves(operation: type[Operation], context: LibraryContext) -> Any:
    """The resolved parameters, or the refusal."""
    try:
        return made(operation).resolve(context)
    except StudioError as error:
        return error


@OPERATIONS
def test_on_an_empty_machine_an_operation_runs_or_is_refused_with_a_fix(
    operation: type[Operation],
) -> None:
    result = resolves(operation, LibraryContext(Library([]), PromptPresets(PRESETS)))
    if isinstance(result, StudioError):
        assert result.detail.endswith(".")
        assert result.fix
        assert result.field in operation.model_fields
    else:
        assert not result.fingerprints


@OPERATIONS
def test_what_was_resolved_stays_when_it_is_resolved_again(operation: type[Operation]) -> None:
    library = Library([ROOT / "models"], presets_dir=PRESETS)
    context = LibraryContext(library, PromptPresets(PRESETS))
    first = resolves(operation, context)
    if isinstance(first, StudioError):
        assert first.fix
        return
    again = first.operation.resolve(context)
    assert again.operation == first.operation
    assert again.fingerprints == first.fingerprints
    assert type(first.operation).model_validate(first.operation.model_dump()) == first.operation
