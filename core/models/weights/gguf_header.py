"""The GGUF header, read in plain Python with every count checked before it is used.

Format: github.com/ggml-org/ggml, docs/gguf.md (versions 2 and 3, little-endian). Shapes come out as
PyTorch has them (GGUF stores them the other way round).
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import BinaryIO

from core.models.weights.header import (
    TENSOR_LIMIT,
    Header,
    MetaValue,
    Tensor,
    broken,
    check_name,
    shown,
)

FORMAT = "gguf"
MAGIC = b"GGUF"
HEADER_LIMIT = 64 << 20  # a text encoder brings its vocabulary along
CHUNK = 256 << 10
ENTRY_LIMIT = 4096
ITEM_LIMIT = 1 << 20
KEPT_TEXT = 4096
KEPT_ITEMS = 16
DIMENSION_LIMIT = 4
ALIGNMENT = "general.alignment"
ORIGINAL_SHAPE = "comfy.gguf.orig_shape."  # of tensors that were reshaped to be quantized

# Type of a value → how struct reads it. 8 is text and 9 a list.
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_TEXT, _LIST = 8, 9
# Type of a tensor → its name, and how many numbers lie in how many bytes.
_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1),
    25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
}  # fmt: skip


def is_gguf(start: bytes) -> bool:
    """True for a file that begins like GGUF."""
    return start[:4] == MAGIC


def read(path: Path, file: BinaryIO, size: int, *, whole: bool = True) -> Header:
    """The header of an open file of `size` bytes; with `whole`, all tensors must be in the file.

    Raises `ModelBroken`.
    """
    cursor = _Cursor(path, file, size)
    cursor.skip(len(MAGIC))
    version = cursor.number("I")
    if version not in (2, 3):
        raise broken(path, f"it is GGUF of version {version}, which is not read")
    tensors, entries = cursor.number("Q"), cursor.number("Q")
    if tensors > TENSOR_LIMIT or entries > ENTRY_LIMIT:
        raise broken(path, f"it lists {tensors} tensors and {entries} entries")
    metadata = _metadata(cursor, entries)
    described = [_described(cursor, metadata) for _ in range(tensors)]
    alignment = _alignment(path, metadata)
    data = -(-cursor.at // alignment) * alignment
    checked = {}
    for name, tensor in described:
        if name in checked:
            raise broken(path, f"the tensor {shown(name)} comes twice")
        checked[name] = Tensor(tensor.dtype, tensor.shape, data + tensor.start, tensor.size)
    if whole:
        _check_bounds(path, checked, data, alignment, size)
    return Header(FORMAT, data, checked, metadata)


class _Cursor:
    """Reads forward, never past the file or the limit of a header."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self.path = path
        self.at = 0
        self._file = file
        self._end = min(size, HEADER_LIMIT)
        self._data = bytearray()

    def number(self, kind: str) -> int:
        """One whole number; `kind` is struct's letter."""
        return int(self.scalar(kind))

    def scalar(self, kind: str) -> int | float | bool:
        """One value; `kind` is struct's letter."""
        start = self.at
        self.skip(struct.calcsize(f"<{kind}"))
        value: int | float | bool = struct.unpack_from(f"<{kind}", self._data, start)[0]
        return value

    def text(self) -> str:
        """A length and as many bytes of UTF-8."""
        length = self.number("Q")
        start = self.at
        self.skip(length)
        try:
            return self._data[start : self.at].decode()
        except UnicodeDecodeError as error:
            raise broken(self.path, "its header holds a text that is none") from error

    def skip(self, count: int) -> None:
        """Advance, reading as far as needed."""
        end = self.at + count
        if end > self._end:
            raise broken(self.path, "it is cut off, or its header is too large")
        self._reach(end)
        self.at = end

    def skip_texts(self, count: int) -> None:
        """Skip a vocabulary without making a string of every word."""
        at = self.at
        for _ in range(count):
            if at + 8 > len(self._data):
                self.at = at
                self.skip(8)
            at += 8 + int.from_bytes(self._data[at : at + 8], "little")
        count, self.at = at - self.at, self.at
        self.skip(count)

    def _reach(self, end: int) -> None:
        while len(self._data) < end:
            chunk = self._file.read(max(CHUNK, end - len(self._data)))
            if not chunk:
                raise broken(self.path, "it is cut off")
            self._data += chunk


def _metadata(cursor: _Cursor, entries: int) -> dict[str, MetaValue]:
    metadata: dict[str, MetaValue] = {}
    for _ in range(entries):
        key = cursor.text()
        check_name(cursor.path, key)
        value = _value(cursor, cursor.number("I"))
        if value is not None:
            metadata[key] = value
    return metadata


def _value(cursor: _Cursor, kind: int) -> MetaValue | None:
    """One value; None for what is not kept (long texts, vocabularies)."""
    if kind in _SCALARS:
        return cursor.scalar(_SCALARS[kind])
    if kind == _TEXT:
        text = cursor.text()
        return text if len(text) <= KEPT_TEXT else None
    if kind != _LIST:
        raise broken(cursor.path, f"its header has a value of the unknown type {kind}")
    return _list(cursor, cursor.number("I"), cursor.number("Q"))


def _list(cursor: _Cursor, kind: int, count: int) -> tuple[int, ...] | None:
    if count > ITEM_LIMIT:
        raise broken(cursor.path, f"its header has a list of {count} items")
    if kind == _TEXT:
        cursor.skip_texts(count)
        return None
    if kind not in _SCALARS:
        raise broken(cursor.path, f"its header has a list of the unknown type {kind}")
    letter = _SCALARS[kind]
    if count > KEPT_ITEMS or letter in "fd?":
        cursor.skip(count * struct.calcsize(f"<{letter}"))
        return None
    return tuple(cursor.number(letter) for _ in range(count))


def _described(cursor: _Cursor, metadata: dict[str, MetaValue]) -> tuple[str, Tensor]:
    """A tensor's name, and the tensor with its offset counted from the start of the data."""
    name = cursor.text()
    check_name(cursor.path, name)
    dimensions = cursor.number("I")
    if dimensions > DIMENSION_LIMIT:
        raise broken(cursor.path, f"the tensor {shown(name)} has {dimensions} dimensions")
    shape = tuple(cursor.number("Q") for _ in range(dimensions))[::-1]
    kind, offset = cursor.number("I"), cursor.number("Q")
    if kind not in _TYPES:
        raise broken(cursor.path, f"the tensor {shown(name)} is of the unknown type {kind}")
    dtype, block, width = _TYPES[kind]
    count = math.prod(shape)
    if count % block or (shape and shape[-1] % block):
        raise broken(cursor.path, f"the tensor {shown(name)} does not fill its blocks")
    original = metadata.get(ORIGINAL_SHAPE + name)
    if isinstance(original, tuple) and original and math.prod(original) == count:
        shape = original
    return name, Tensor(dtype, shape, offset, count // block * width)


def _alignment(path: Path, metadata: dict[str, MetaValue]) -> int:
    value = metadata.get(ALIGNMENT, 32)
    if type(value) is not int or not 8 <= value <= 1 << 16 or value & (value - 1):
        raise broken(path, f"its alignment is {value!r}")
    return value


def _check_bounds(
    path: Path, tensors: dict[str, Tensor], data: int, alignment: int, size: int
) -> None:
    """Every tensor is inside the file, starts where alignment says, and overlaps no other."""
    at = data
    spans = sorted((tensor.start, tensor.size, name) for name, tensor in tensors.items())
    for start, length, name in spans:
        if (start - data) % alignment:
            raise broken(path, f"the tensor {shown(name)} is not aligned")
        if start < at:
            raise broken(path, f"the tensor {shown(name)} overlaps another")
        at = start + length
        if at > size:
            raise broken(path, f"the tensor {shown(name)} lies outside the file (is it cut off?)")
