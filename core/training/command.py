"""A training as the command that starts it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

OPTIONS = {
    "preset": "--preset",
    "model": "--model",
    "lora_name": "--name",
    "trigger_word": "--trigger",
    "max_steps": "--steps",
    "learning_rate": "--lr",
    "rank": "--rank",
}


def command_of(dataset: str, params: Mapping[str, Any]) -> str:
    """The command line of the parameters of `train_lora`."""
    words = ["python", "main.py", "train", "lora", "--data", dataset]
    for name, option in OPTIONS.items():
        if params.get(name) not in (None, ""):
            words += [option, str(params[name])]
    for key, value in _settings(json.loads(params.get("config") or "{}"), ""):
        words += ["--set", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
    return shlex.join(words)


def _settings(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _settings(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
