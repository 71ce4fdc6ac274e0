"""What a safetensors header says, checked before anything loads the file.

The header is length-prefixed JSON; a hostile file can claim any length, shape or offset, so every
number is checked against the file's size. Knows no torch and never reads the tensors themselves.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ModelBroken

HEADER_LIMIT = 8 << 20
TENSOR_LIMIT = 20_000
DIMENSION_LIMIT = 8
_BYTES = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2,
    "U16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """One checked file: its size in bytes, when it was written, and its tensors' shapes."""

    path: Path
    size: int
    modified: int
    shapes: Mapping[str, tuple[int, ...]]

    @property
    def parameters(self) -> int:
        """How many numbers the file holds."""
        return sum(math.prod(shape) for shape in self.shapes.values())


def read_weights(path: Path) -> Weights:
    """Check a file's header. Raises `ModelBroken` naming the file and the tensor."""
    state = path.stat()
    size = state.st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 10 or not 2 <= length <= min(HEADER_LIMIT, size - 8):
            raise _broken(path, "it is not a safetensors file, or it is cut off")
        raw = file.read(length)
    header = _parse(path, raw)
    header.pop("__metadata__", None)
    if len(header) > TENSOR_LIMIT:
        raise _broken(path, f"it lists {len(header)} tensors")
    room = size - 8 - length
    spans = sorted(_span(path, name, entry, room) for name, entry in header.items())
    _check_cover(path, spans, room)
    shapes = {name: tuple(entry["shape"]) for name, entry in header.items()}
    return Weights(path, size, state.st_mtime_ns, shapes)


def _parse(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _broken(path, "its header cannot be read") from error
    if not isinstance(header, dict):
        raise _broken(path, "its header is not an object")
    return header


def _span(path: Path, name: str, entry: Any, room: int) -> tuple[int, int, str]:
    try:
        kind, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not all(type(number) is int and number >= 0 for number in (*shape, start, end)):
            raise ValueError("not counts")
        if len(shape) > DIMENSION_LIMIT:
            raise ValueError("too many dimensions")
        expected = math.prod(shape) * _BYTES[kind]
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(path, f"the tensor {name[:200]!r} is badly described") from error
    if end > room or start > end:
        raise _broken(path, f"the tensor {name[:200]!r} lies outside the file (is it cut off?)")
    if end - start != expected:
        raise _broken(path, f"the tensor {name[:200]!r} has {end - start} bytes, not {expected}")
    return start, end, name


def _check_cover(path: Path, spans: list[tuple[int, int, str]], room: int) -> None:
    at = 0
    for start, end, name in spans:
        if start != at:
            raise _broken(path, f"the tensor {name[:200]!r} overlaps another or leaves a gap")
        at = end
    if at != room:
        raise _broken(path, f"{room - at} bytes at its end belong to no tensor")


def _broken(path: Path, what: str) -> ModelBroken:
    return ModelBroken(
        f"{path.parent.name}/{path.name}: {what}.",
        field="model",
        fix="Get this file again from where it came from.",
    )
