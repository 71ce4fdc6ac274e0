"""A weights file by its header, checked before anything loads it.

The first bytes identify the format; the extension is ignored. Only safetensors and GGUF are read,
without torch and without the tensors themselves.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.errors import ModelBroken
from core.models.weights import gguf_header, safetensors_header
from core.models.weights.header import Header, MetaValue, Tensor, broken

EXTENSIONS = frozenset({".safetensors", ".sft", ".gguf"})
PICKLE_FIX = "Get the model as safetensors or GGUF: a pickle can run any code when it is read."
# First bytes of other files that are often given as weights; pickles first.
_FOREIGN = (
    (b"\x80\x02", "a pickle", True),
    (b"\x80\x03", "a pickle", True),
    (b"\x80\x04", "a pickle", True),
    (b"\x80\x05", "a pickle", True),
    (b"PK\x03\x04", "a zip archive, as torch writes pickles", True),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", True),
    (b"\x1f\x8b", "a gzip archive", True),
    (b"\x89HDF", "an HDF5 file", False),
    (b"version https://git-lfs", "a pointer to a file that was not downloaded", False),
    (b"<!DOCTYPE", "a web page", False),
    (b"<html", "a web page", False),
)


@dataclass(frozen=True)
class Weights:
    """One checked file: its size in bytes, when it was written (ns), and its header."""

    path: Path
    size: int
    modified: int
    header: Header

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """Its tensors by name."""
        return self.header.tensors

    @property
    def metadata(self) -> Mapping[str, MetaValue]:
        """The metadata of its header."""
        return self.header.metadata

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Its tensors' shapes by name."""
        return {name: tensor.shape for name, tensor in self.tensors.items()}

    @cached_property
    def parameters(self) -> int:
        """The number of parameters in the file."""
        return sum(tensor.count for tensor in self.tensors.values())


def read_weights(path: Path) -> Weights:
    """Check a file's header. Raises `ModelBroken` naming the file and the tensor, or `OSError`."""
    state = path.stat()
    return Weights(path, state.st_size, state.st_mtime_ns, _read_header(path, whole=True))


def read_claims(path: Path) -> Header | None:
    """The header of a file that is cut off, for naming it; None where that is not whole either.

    Its tensors may not be there. Raises `OSError`.
    """
    try:
        return _read_header(path, whole=False)
    except ModelBroken:
        return None


def _read_header(path: Path, *, whole: bool) -> Header:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(32)
        file.seek(0)
        if gguf_header.is_gguf(start):
            return gguf_header.read(path, file, size, whole=whole)
        if safetensors_header.is_safetensors(start) and not _claims_more(start, size):
            return safetensors_header.read(path, file, size, whole=whole)
    raise _refused(path, start)


def _claims_more(start: bytes, size: int) -> bool:
    """True where the header would be longer than the file: then it is another format."""
    return int.from_bytes(start[:8], "little") > size - 8


def _refused(path: Path, start: bytes) -> ModelBroken:
    for first, what, pickled in _FOREIGN:
        if start.startswith(first):
            refusal = broken(path, f"it is {what}, not weights that are read")
            refusal.fix = PICKLE_FIX if pickled else refusal.fix
            return refusal
    return broken(path, "it is not a safetensors or GGUF file, or it is cut off")
