"""A restored snapshot compiles to the parameters that it was taken from."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.kinds import kind_of
from core.operations.declaration import registry
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import form_schema, port_fields
from core.workflows.compiler import compile_workflow
from core.workflows.restoration import restore

REGISTRY = registry.load()
BRICKS = [operation for operation in REGISTRY.operations() if operation.has_brick]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
LORAS = st.lists(
    st.fixed_dictionaries(
        {"name": st.from_regex(r"[a-z]{1,12}", fullmatch=True), "weight": st.floats(0.05, 4)}
    ),
    max_size=3,
    unique_by=lambda lora: lora["name"],
)


def values_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a field, as its JSON schema bounds them."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    low, high = schema.get("minimum", schema.get("exclusiveMinimum", 0)), schema.get("maximum", 999)
    match schema.get("type"):
        case "integer":
            return st.integers(int(low), int(high))
        case "number":
            return st.floats(low, high, exclude_min="exclusiveMinimum" in schema)
        case "boolean":
            return st.booleans()
        case "string" if "pattern" not in schema:
            return TEXTS.map(lambda text: text.ljust(schema.get("minLength", 0), "a"))
    return st.nothing()


@st.composite
def parameters(draw: st.DrawFn, operation: type[Operation]) -> dict[str, Any]:
    """Valid parameters of an operation, as a task stores them: defaults are there."""
    ports, params = port_fields(operation), dict[str, Any]()
    for name, schema in form_schema(operation)["properties"].items():
        required = operation.model_fields[name].is_required()
        kind = kind_of(ports[name].type) if name in ports else None
        if name == "loras":
            params[name] = draw(LORAS)
        elif kind is not None and kind.raster:
            many = ports[name].many
            params[name] = ["first", "second"] if many else f"an-{name}"
        elif kind is not None and kind.stored:
            continue
        elif kind is not None and kind.storage == "text" and required:
            params[name] = "a" + draw(TEXTS)  # without one a workflow waits for a person
        elif not (values := values_of(schema)).is_empty:
            params |= {name: draw(values)} if required or draw(st.booleans()) else {}
    try:
        return dict(json.loads(operation.model_validate(params).model_dump_json()))
    except ValidationError:  # bounds that no schema says, such as those between two fields
        plain = {
            name: params[name] for name, f in operation.model_fields.items() if f.is_required()
        }
        return dict(json.loads(operation.model_validate(plain).model_dump_json()))


@pytest.mark.parametrize("operation", BRICKS, ids=lambda operation: operation.name)
@settings(max_examples=8)
@given(data=st.data())
def test_a_restored_snapshot_compiles_to_the_same_parameters(
    operation: type[Operation], data: st.DataObject
) -> None:
    params = data.draw(parameters(operation))
    workflow = restore({"operation": operation.name, "params": params}, REGISTRY)
    (step,) = compile_workflow(workflow, REGISTRY).steps
    assert (step.operation, step.ignored) == (operation.name, [])
    assert operation.model_validate(step.params) == operation.model_validate(params)
