"""Several items at a single-item port: the operation runs once per item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import InvalidInput
from core.kinds import kind_of
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import port_fields


def runs_of(operation: type[Operation], params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parameters of each run: one, unless single-item fields hold lists.

    Lists of equal length go together, item by item. Raises `InvalidInput` for unequal ones. An
    operation that takes `map_over_items` runs once for each item of each field.
    """
    fed = port_fields(operation)
    if operation.map_over_items:
        return _each_alone([name for name in fed if kind_of(fed[name].type).mapped], params)
    lists = {
        name: value
        for name, value in params.items()
        if isinstance(value, list) and name in fed and kind_of(fed[name].type).mapped
        if not fed[name].many
    }
    lengths = {len(value) for value in lists.values()}
    if len(lengths) > 1:
        names = " and ".join(sorted(lists))
        raise InvalidInput(f"{names} carry different numbers of items.", field=sorted(lists)[0])
    if lengths == {0}:
        raise InvalidInput("Nothing arrived.", field=sorted(lists)[0])
    count = lengths.pop() if lengths else 1
    return [
        {**params, **{name: value[index] for name, value in lists.items()}}
        for index in range(count)
    ]


def _each_alone(names: list[str], params: Mapping[str, Any]) -> list[dict[str, Any]]:
    rest = {**params, **dict.fromkeys(names)}
    items = [
        (name, item)
        for name in names
        for given in [params.get(name)]
        for item in (given if isinstance(given, list) else [given])
    ]
    return [{**rest, name: item} for name, item in items if item is not None]
