"""Several items at a single-item port: the operation runs once per item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import InvalidInput
from core.operations.base import Operation
from core.operations.fields import fed_fields

SINGLE = frozenset({"image", "mask", "text"})


def runs_of(operation: type[Operation], params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parameters of each run: one, unless image, mask or text fields hold lists.

    Lists of equal length go together, item by item. Raises `InvalidInput` for unequal ones.
    """
    fed = fed_fields(operation)
    lists = {
        name: value
        for name, value in params.items()
        if isinstance(value, list) and name in fed and fed[name].type in SINGLE
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
