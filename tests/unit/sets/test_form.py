"""The form of a set: every field of its definition once, with a label and a control."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from core.operations.overlay import Overlay
from core.operations.print_cards import PrintCards
from core.sets.definition import SetDefinition, SetOverlay
from core.sets.form import form_sections
from core.sets.print_settings import PrintSettings

SECTIONS = {section["field"]: section for section in form_sections()}


def properties(field: str) -> dict[str, Any]:
    return dict(SECTIONS[field]["schema"]["properties"])


def test_every_field_of_a_definition_is_in_the_form_once() -> None:
    nested = {field for field in SECTIONS if field}
    assert {*properties(""), *nested} == set(SetDefinition.model_fields)
    assert not nested & set(properties(""))
    assert set(properties("overlay")) == set(SetOverlay.model_fields)
    assert set(properties("print")) == set(PrintSettings.model_fields)


def test_only_the_card_may_be_absent() -> None:
    assert [field for field, section in SECTIONS.items() if section["optional"]] == ["overlay"]


@pytest.mark.parametrize("field", SECTIONS)
def test_a_choice_offers_every_value_that_the_definition_takes(field: str) -> None:
    for name, schema in properties(field).items():
        assert schema["title"], name
        if "enum" in schema:
            assert set(schema["ui"]["choices"]) == set(schema["enum"]), name


@pytest.mark.parametrize(("field", "operation"), [("overlay", Overlay), ("print", PrintCards)])
def test_fields_of_an_operation_have_its_labels(field: str, operation: type[BaseModel]) -> None:
    declared = operation.model_json_schema()["properties"]
    shared = declared.keys() & properties(field).keys()
    assert len(shared) > 5
    for name in shared:
        assert properties(field)[name]["title"] == declared[name]["title"]


def test_a_card_of_an_unknown_layout_is_no_definition() -> None:
    overlay = {"layout": "pokr"}
    with pytest.raises(ValueError, match="there is no layout 'pokr'"):
        SetDefinition.model_validate({"name": "Mine", "csv_path": "a.csv", "overlay": overlay})
