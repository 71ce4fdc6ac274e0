"""The options `--lora-paths` and `--lora-weights`, as card-set studios have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath
from typing import Any

from core.errors import InvalidInput

PATHS, WEIGHTS = "lora_paths", "lora_weights"
DEFAULT_WEIGHT = 0.5
_ENDING = ".safetensors"
_OPTIONS = {"--lora-paths": "path", "--lora-weights": "number"}


def take_loras(given: dict[str, Any]) -> None:
    """Replace both options by `loras`; a path stands for the file name without its ending.

    Each option may be repeated, and holds one value or several with commas. Without weights, each
    is 0.5. Raises `InvalidInput` for other numbers of both, and for a weight that is no number.
    """
    paths = _values(given.pop(PATHS, None))
    weights = [_number(text) for text in _values(given.pop(WEIGHTS, None))]
    if weights and len(weights) != len(paths):
        raise InvalidInput(
            f"There are {len(paths)} LoRA paths and {len(weights)} weights.",
            field="--lora-weights",
            fix="Give one weight for each path, or none.",
        )
    if paths:
        if given.get("loras"):
            raise InvalidInput(
                "`--loras` and `--lora-paths` are both given.",
                field="--loras",
                fix="Use one of the two.",
            )
        weights = weights or [DEFAULT_WEIGHT] * len(paths)
        given["loras"] = [
            {"name": _name(path), "weight": weight}
            for path, weight in zip(paths, weights, strict=True)
        ]


def spread(arguments: Sequence[str]) -> list[str]:
    """Arguments in which an option with several values, `--lora-paths a.safetensors b.safetensors`,
    stands before each of them. Values that are neither files of LoRAs nor numbers end it."""
    result: list[str] = []
    option, kind, first = "", "", False
    for argument in arguments:
        if argument in _OPTIONS:
            option, kind, first = argument, _OPTIONS[argument], True
        elif first:
            first = False
        elif kind and _is_value(argument, kind):
            result.append(option)
        else:
            kind = ""
        result.append(argument)
    return result


def _is_value(text: str, kind: str) -> bool:
    if kind == "path":
        return text.lower().endswith(_ENDING)
    try:
        float(text)
    except ValueError:
        return False
    return True


def _values(texts: Sequence[str] | None) -> list[str]:
    parts = (part.strip() for text in texts or () for part in text.split(","))
    return [part for part in parts if part]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput(
            f"The LoRA weight {text!r} is no number.", field="--lora-weights"
        ) from None


def _name(path: str) -> str:
    name = PureWindowsPath(path).name  # takes the separators of every system
    return name[: -len(_ENDING)] if name.lower().endswith(_ENDING) else name
