"""The form of a set: the fields of its definition, section by section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from core.operations.overlay import Overlay
from core.operations.print_cards import PrintCards
from core.sets.definition import SeedPolicy, SetDefinition, SetOverlay
from core.sets.print_settings import PrintSettings


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a definition.

    `like`: an operation whose parameters of the same names have the same labels and controls.
    """

    field: str
    title: str
    summary: str
    model: type[BaseModel]
    like: type[BaseModel] | None = None


SECTIONS = (
    Section("", "Set", "Table, prompts and parameters of every row.", SetDefinition),
    Section("seed", "Seeds", "The seed of each row.", SeedPolicy),
    Section("overlay", "Card", "Frame, pips and texts over each image.", SetOverlay, Overlay),
    Section("print", "Print", "Paper, size and backs of a print.", PrintSettings, PrintCards),
)


def form_sections() -> list[dict[str, Any]]:
    """The sections as JSON schemas of fields.

    `field` is the field of the definition that holds a section, empty for the definition itself.
    An `optional` section may be null.
    """
    nested = {section.field for section in SECTIONS}
    definition = SetDefinition.model_fields
    return [
        {
            "field": section.field,
            "title": section.title,
            "summary": section.summary,
            "optional": section.field != "" and definition[section.field].default is None,
            "schema": {
                "properties": {
                    name: schema
                    for name, schema in _properties(section).items()
                    if section.field or name not in nested
                }
            },
        }
        for section in SECTIONS
    ]


def _properties(section: Section) -> dict[str, dict[str, Any]]:
    own: dict[str, dict[str, Any]] = section.model.model_json_schema()["properties"]
    like = section.like.model_json_schema()["properties"] if section.like else {}
    return {name: _labelled(schema, like.get(name, {})) for name, schema in own.items()}


def _labelled(schema: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """A field with the label, and unless it has one the control, of the like parameter."""
    control = {key: like[key] for key in ("ui", "enum") if key in like}
    title = {"title": like["title"]} if "title" in like else {}
    return {**control, **schema, **title}
