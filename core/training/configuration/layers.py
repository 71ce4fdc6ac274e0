"""Configurations from several layers: preset, family, model, file, overrides; later ones win."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from core.errors import InvalidInput
from core.training.configuration.merging import nested
from core.training.configuration.schema import field_of, unknown_key

FILE_LIMIT = 1 << 20
# The flags that users of other trainers type, by the settings they stand for.
SHORT = {
    "steps": "training.max_steps",
    "lr": "training.learning_rate",
    "batch-size": "training.batch_size",
    "rank": "lora.rank",
    "alpha": "lora.alpha",
    "dtype": "model.dtype",
    "model": "model.path",
    "trigger": "data.trigger_word",
    "name": "output.name",
    "seed": "training.seed",
    "optimizer": "training.optimizer",
}


def override(text: str) -> tuple[str, Any]:
    """The key and the value of `key=value`; the value is read as YAML.

    Raises `InvalidInput` for text without `=` and for an unknown key.
    """
    key, equals, value = text.partition("=")
    if not equals:
        raise InvalidInput(
            f"`{text[:60]}` is no assignment.",
            field="set",
            fix="Write `training.max_steps=200`.",
        )
    key = SHORT.get(key.strip(), key.strip())
    if field_of(key) is None:
        raise InvalidInput(unknown_key(key), field=key)
    try:
        return key, _number(yaml.safe_load(value))
    except yaml.YAMLError:
        return key, value


def overrides(texts: Iterable[str]) -> dict[str, Any]:
    """The sections of several `key=value`."""
    return nested(dict(override(text) for text in texts))


def read_yaml(path: Path) -> dict[str, Any]:
    """A configuration file. Raises `InvalidInput` where it cannot be read or is no mapping."""
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise InvalidInput(f"{path.name} is larger than {FILE_LIMIT} bytes.", field="config")
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path.name} cannot be read: {error}.", field="config") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        raise InvalidInput(f"{path.name} is not YAML{place}.", field="config") from error
    if not isinstance(content, dict):
        raise InvalidInput(
            f"{path.name} holds {type(content).__name__}, not sections.",
            field="config",
            fix="Begin with a section such as `training:`.",
        )
    return {str(key): _numbers(value) for key, value in content.items()}


def _numbers(value: Any) -> Any:
    """YAML reads `1e-4` as text, which is a number for everybody else."""
    if isinstance(value, dict):
        return {str(key): _numbers(inner) for key, inner in value.items()}
    return _number(value)


def _number(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "0123456789+-." and "e" in value.lower():
        try:
            return float(value)
        except ValueError:
            return value
    return value
