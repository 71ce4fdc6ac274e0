"""The limit on the nesting of JSON that is stored or answered.

Serialisers end at about 250 levels, far below the parsers: a deeper value could be stored and then
never be sent. Answers and events add a few levels around what is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 128
# Levels left to the records that hold a value which came from outside.
MAX_INPUT_DEPTH = MAX_DEPTH - 16


def too_deep(value: Any, limit: int = MAX_DEPTH) -> bool:
    """True where lists and objects are nested more than `limit` levels."""
    level = [value]
    for _ in range(limit):
        level = [child for item in level for child in _children(item) if _is_container(child)]
        if not level:
            return False
    return True


def cut(value: Any, limit: int = MAX_DEPTH) -> Any:
    """A copy of `value` with null for each list or object below `limit` levels."""
    if not _is_container(value):
        return value
    if limit == 0:
        return None
    if isinstance(value, Mapping):
        return {key: cut(child, limit - 1) for key, child in value.items()}
    return [cut(child, limit - 1) for child in value]


def _children(item: Any) -> Any:
    if isinstance(item, Mapping):
        return item.values()
    return item if isinstance(item, list | tuple) else ()


def _is_container(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple)
