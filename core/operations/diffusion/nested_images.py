"""Images within the items of a list, such as those of controls, as fields of their own.

A task's assets are the values of its fields, so a request may give each item its image, and the
operation keeps them apart in the same order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.errors import InvalidInput


def parse_items(given: Any) -> Any:
    """JSON text, as the command line has it, and a single item as a list."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return given  # pydantic refuses it
    return [given] if isinstance(given, Mapping) else given


def lift(given: Any, field: str, name: str, into: str, *, flag: str = "") -> Any:
    """The values `name` of the items of `field` as the field `into`, in the same order.

    Every item must have one, or none; with a `flag` any of them may, and those that do have the
    flag. Raises `InvalidInput` where an item lacks its image, or where both fields have images.
    """
    if not isinstance(given, Mapping):
        return given
    items = parse_items(given.get(field))
    if not isinstance(items, list | tuple):
        return given
    images = [item.get(name) if isinstance(item, Mapping) else None for item in items]
    if not any(images):
        return given
    if given.get(into):
        raise InvalidInput(
            f"Images are given twice, in `{field}` and in `{into}`.",
            field=into,
            fix=f"Give each item of `{field}` its `{name}`, and leave `{into}` out.",
        )
    if not flag and None in images:
        index = images.index(None)
        raise InvalidInput(
            f"Item {index + 1} of `{field}` has no {name}.",
            field=f"{field}.{index}.{name}",
            fix=f"Give every item its `{name}`.",
        )
    bare = [
        {**item, name: None, **({flag: True} if flag and image else {})}
        if isinstance(item, Mapping)
        else item
        for item, image in zip(items, images, strict=True)
    ]
    return {**given, field: bare, into: [image for image in images if image]}
