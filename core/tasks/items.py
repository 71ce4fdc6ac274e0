"""Items of a task: runs of one operation that may differ in any parameter.

The task's own `params` and snapshot are those of the first item; `snapshot["items"]` holds, for
each item, what differs from them. `core.worker.items` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import InvalidInput
from core.tasks.task import references

ITEMS_MAX = 1_000
Params = Mapping[str, Any]


def item_params(params: Params, items: Sequence[Params]) -> list[dict[str, Any]]:
    """The parameters of each item as a request of its own; without items those of the task.

    Raises `InvalidInput` for too many items, and for one that uses another task's output.
    """
    if len(items) > ITEMS_MAX:
        raise InvalidInput(
            f"A task has at most {ITEMS_MAX} items; these are {len(items)}.",
            field="items",
            fix="Submit several tasks.",
        )
    for index, item in enumerate(items):
        if references(item):
            raise InvalidInput(
                "An item cannot use another task's output.",
                field=f"items.{index}.{references(item)[0][0]}",
                fix="Put it into the parameters, which all items share.",
            )
    return [{**params, **item} for item in items] or [dict(params)]


def item_records(params: Sequence[Params], facts: Sequence[Params]) -> list[dict[str, Any]]:
    """Items as the snapshot keeps them: what differs from the first. A fact that is not the
    item's is None."""
    return [
        {
            "params": _changes(params[0], own_params),
            "facts": {**dict.fromkeys(facts[0].keys() - own.keys()), **_changes(facts[0], own)},
        }
        for own_params, own in zip(params, facts, strict=True)
    ]


def _changes(first: Params, own: Params) -> dict[str, Any]:
    return {name: value for name, value in own.items() if name not in first or first[name] != value}
