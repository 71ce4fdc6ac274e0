"""The safetensors header: length-prefixed JSON, every number checked against the file's size.

A hostile file can claim any length, shape or offset. Format: github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from core.models.weights.header import (
    DIMENSION_LIMIT,
    HEADER_LIMIT,
    TENSOR_LIMIT,
    Header,
    Tensor,
    broken,
    check_name,
    shown,
)

FORMAT = "safetensors"
_METADATA = "__metadata__"
# Counted before the header is parsed, which takes seconds for 8 MB of nothing but brackets. Five
# times what so many tensors need, because trainers write whole lists into the metadata.
_OPENING_LIMIT = 5 * TENSOR_LIMIT
_COMMA_LIMIT = 25 * TENSOR_LIMIT
_UNLIMITED = 1 << 62
_BITS = {
    "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16,
    "BF16": 16, "I16": 16, "U16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I8": 8, "U8": 8, "BOOL": 8, "F6_E2M3": 6, "F6_E3M2": 6,
    "F4": 4,
}  # fmt: skip


def is_safetensors(start: bytes) -> bool:
    """True for a file that begins like safetensors; `start` has at least nine bytes."""
    return len(start) >= 9 and start[8:9] == b"{"


def read(path: Path, file: BinaryIO, size: int, *, whole: bool = True) -> Header:
    """The header of an open file of `size` bytes; with `whole`, all tensors must be in the file.

    Raises `ModelBroken`.
    """
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(HEADER_LIMIT, size - 8):
        raise broken(path, "it is not a safetensors file, or it is cut off")
    content = _parse(path, file.read(length))
    metadata = _metadata(path, content.pop(_METADATA, None))
    if len(content) > TENSOR_LIMIT:
        raise broken(path, f"it lists {len(content)} tensors")
    data, available = 8 + length, size - 8 - length if whole else _UNLIMITED
    tensors = {name: _tensor(path, name, entry, data, available) for name, entry in content.items()}
    if whole:
        _check_cover(path, tensors, data, available)
    return Header(FORMAT, data, tensors, metadata)


def _parse(path: Path, raw: bytes) -> dict[str, Any]:
    if raw.count(b"[") + raw.count(b"{") > _OPENING_LIMIT or raw.count(b",") > _COMMA_LIMIT:
        raise broken(path, "its header lists too much")
    try:
        content = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise broken(path, "its header cannot be read") from error
    if not isinstance(content, dict):
        raise broken(path, "its header is not an object")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object without repeated keys: readers disagree about which of them counts."""
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key comes twice")
    return content


def _metadata(path: Path, metadata: Any) -> Mapping[str, str]:
    if metadata is None:
        return {}
    if not isinstance(metadata, dict) or not all(
        isinstance(value, str) for value in metadata.values()
    ):
        raise broken(path, "its metadata is not a list of words")
    return metadata


def _tensor(path: Path, name: str, entry: Any, data: int, available: int) -> Tensor:
    check_name(path, name)
    try:
        kind, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not all(type(number) is int and number >= 0 for number in (*shape, start, end)):
            raise ValueError("not counts")
        if len(shape) > DIMENSION_LIMIT:
            raise ValueError("too many dimensions")
        bits = math.prod(shape) * _BITS[kind]
    except (KeyError, TypeError, ValueError) as error:
        raise broken(path, f"the tensor {shown(name)} is badly described") from error
    if end > available or start > end:
        raise broken(path, f"the tensor {shown(name)} lies outside the file (is it cut off?)")
    if (end - start) * 8 != bits:
        expected = f"{bits / 8:g}" if bits < 1 << 64 else "as many as its shape says"
        raise broken(path, f"the tensor {shown(name)} has {end - start} bytes, not {expected}")
    return Tensor(kind, tuple(shape), data + start, end - start)


def _check_cover(path: Path, tensors: Mapping[str, Tensor], data: int, available: int) -> None:
    """Tensors cover the file from the header to its end, without overlap or gap."""
    at = data
    spans = sorted((tensor.start, tensor.size, name) for name, tensor in tensors.items())
    for start, size, name in spans:
        if start != at:
            raise broken(path, f"the tensor {shown(name)} overlaps another or leaves a gap")
        at = start + size
    if at != data + available:
        raise broken(path, f"{data + available - at} bytes at its end belong to no tensor")
