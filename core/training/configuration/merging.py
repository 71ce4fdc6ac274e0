"""Joining nested values of several layers, and values under dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import InvalidInput
from core.training.configuration.schema import field_of, unknown_key


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """One nested mapping; of two values with the same key the later one counts."""
    result: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            old = result.get(key)
            if isinstance(old, Mapping) and isinstance(value, Mapping):
                result[key] = merged(old, value)
            else:
                result[key] = value
    return result


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values under dotted keys as sections. Raises `InvalidInput` for an unknown key."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        if field_of(key) is None:
            raise InvalidInput(unknown_key(key), field=key)
        for part in reversed(key.split(".")):
            value = {part: value}
        result = merged(result, value)
    return result
