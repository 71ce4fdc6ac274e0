"""Kinds: one record says all; ports, requests and other modules go by it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from core import kinds
from core.kinds import Kind, all_kinds, kind_of
from core.operations.declaration import registry
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import JsonPort, Port, TaskOutput, port_fields
from core.operations.declaration.registry import Registry, inputs
from core.store.png import encode_png

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


class Holder(BaseModel):
    value: JsonPort


def test_every_port_of_every_declaration_names_a_known_kind() -> None:
    for declaration in registry.load():
        ports = [*declaration.outputs, *(entry.port for entry in inputs(declaration).values())]
        assert all(kinds.find(port.type) for port in ports)


def test_a_declaration_with_an_unknown_kind_is_refused() -> None:
    class Odd(Operation):
        name = "odd"
        title = "Odd"
        category = "generator"
        outputs = (Port("smell", "smell"),)

    with pytest.raises(ValueError, match="unknown kind 'smell'"):
        Registry().add(Odd)


def test_two_kinds_of_one_name_are_refused_and_the_same_record_twice_is_one() -> None:
    image = kind_of("image")
    assert kinds.add(image) is image
    with pytest.raises(ValueError, match="another kind is called 'image'"):
        kinds.add(Kind(name="image", noun="image", storage="json", wire=("red", "red")))


def test_files_have_a_type_and_an_ending_and_values_have_neither() -> None:
    for kind in all_kinds():
        assert bool(kind.media_types) == bool(kind.ending) == kind.stored
        assert not (kind.raster and not kind.stored)


def test_what_is_decoded_to_pixels_may_be_opened_by_a_browser_and_what_holds_script_may_not() -> (
    None
):
    assert all(kind.inline for kind in all_kinds() if kind.raster)
    assert not any(kinds.shows_inline(name) for name in ("image/svg+xml", "text/html", ""))
    assert kinds.shows_inline("image/png")


def test_an_accepted_kind_is_a_file_that_is_known() -> None:
    for kind in all_kinds():
        assert all(kind_of(name).stored for name in kind.accepts)


@given(JSON)
def test_a_json_value_arrives_in_run_as_it_was_sent(value: object) -> None:
    reference = isinstance(value, dict) and set(value) <= {"task", "port", "index"}
    if isinstance(value, str) or (reference and "task" in value):
        return  # text is read as JSON, a reference names another task's output
    held = Holder.model_validate({"value": value}).value
    assert isinstance(held, str)
    assert json.loads(held) == value


def test_json_may_be_sent_as_text_and_text_that_is_no_json_is_refused() -> None:
    assert Holder.model_validate({"value": "[1, 2]"}).value == "[1, 2]"
    with pytest.raises(ValidationError, match="Input should be JSON"):
        Holder.model_validate({"value": "[1, "})


def test_a_reference_to_another_task_stays_one() -> None:
    held = Holder.model_validate({"value": {"task": "t1", "port": "palette"}}).value
    assert isinstance(held, TaskOutput)
    assert (held.task, held.port) == ("t1", "palette")


def test_a_port_field_of_a_module_takes_the_kind_it_names_last() -> None:
    from tests.operations.palette import CountColours

    assert port_fields(CountColours)["palette"].type == "palette"


def test_png_is_what_a_raster_kind_stores() -> None:
    from PIL import Image

    data = encode_png(Image.new("RGB", (2, 2)))
    assert data.startswith(b"\x89PNG")
    assert all(k.media_types[0] == "image/png" for k in all_kinds() if k.raster)
