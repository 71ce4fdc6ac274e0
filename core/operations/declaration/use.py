"""The parameters that take part in a run, as its results record them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from core.kinds import kind_of
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import form_schema, port_fields


def used(operation: type[Operation], params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters without those whose condition `when` (`fields.ui`) is not met."""
    conditions = _conditions(operation)
    return {
        name: value
        for name, value in params.items()
        if all(
            params[other] in values
            for other, values in conditions.get(name, {}).items()
            if other in params
        )
    }


def image_inputs(operation: type[Operation], params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The images and masks of a run as (field, asset id), each asset once.

    The main input stands first, the others follow in the order of the fields, those of one field in
    the order that was given.
    """
    main = main_input(operation, params)
    entries: list[tuple[str, str]] = []
    for name, port in port_fields(operation).items():
        value = params.get(name)
        values = value if isinstance(value, list | tuple) else [value]
        if kind_of(port.type).raster:
            entries += [(name, entry) for entry in values if isinstance(entry, str)]
    entries.sort(key=lambda entry: entry[1] != main)  # stable
    return list({asset: (name, asset) for name, asset in reversed(entries)}.values())[::-1]


def main_input(operation: type[Operation], params: Mapping[str, Any]) -> str | None:
    """The asset id of the image that a result is a version of: the first of the first image port.

    Masks and references only take part.
    """
    for name, port in port_fields(operation).items():
        value = params.get(name)
        if isinstance(value, list | tuple):
            value = value[0] if value else None
        if not port.wired:
            continue
        if isinstance(value, str) and port.type == "image" and kind_of(port.type).stored:
            return value
    return None


@cache
def _conditions(operation: type[Operation]) -> dict[str, Mapping[str, list[Any]]]:
    properties = form_schema(operation)["properties"].items()
    hints = {name: part.get("ui", {}).get("when") for name, part in properties}
    return {name: when for name, when in hints.items() if when}
