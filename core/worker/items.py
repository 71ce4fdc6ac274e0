"""The runs of a task: one, unless it has items, or several items arrive at a single-item port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidInput
from core.kinds import kind_of
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import port_fields


@dataclass(frozen=True, slots=True)
class Run:
    """The parameters of one run, and the facts of the snapshot that are its own."""

    params: dict[str, Any]
    snapshot: dict[str, Any]


def runs_of(
    operation: type[Operation], params: Mapping[str, Any], snapshot: Mapping[str, Any]
) -> list[Run]:
    """Every run of a task, in the order of its outputs.

    The items of a task come one after the other (`core.tasks.items`). Lists that arrived at
    single-item ports make runs of each of them. Raises `InvalidInput` as `split_lists` does.
    """
    shared = {name: fact for name, fact in snapshot.items() if name != "items"}
    items: Sequence[Mapping[str, Any]] = snapshot.get("items") or ({"params": {}, "facts": {}},)
    runs = []
    for item in items:
        absent = {name for name, fact in item["facts"].items() if fact is None}
        facts = {**shared, **item["facts"]}
        own = {name: fact for name, fact in facts.items() if name not in absent}
        item_params = {**params, **item["params"]}
        runs += [Run(run_params, own) for run_params in split_lists(operation, item_params)]
    return runs


def split_lists(operation: type[Operation], params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parameters of each run: one, unless single-item fields hold lists.

    Lists of equal length go together, item by item. Raises `InvalidInput` for unequal ones. An
    operation that takes `map_over_items` runs once for each item of each field.
    """
    fed = port_fields(operation)
    if operation.map_over_items:
        return _map_over_items([name for name in fed if kind_of(fed[name].type).mapped], params)
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


def _map_over_items(names: list[str], params: Mapping[str, Any]) -> list[dict[str, Any]]:
    rest = {**params, **dict.fromkeys(names)}
    items = [
        (name, item)
        for name in names
        for given in [params.get(name)]
        for item in (given if isinstance(given, list) else [given])
    ]
    return [{**rest, name: item} for name, item in items if item is not None]
