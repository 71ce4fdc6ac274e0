"""The parts of every weights header: descriptions of tensors, limits, the error for broken files.

Independent of the format; `safetensors_header` and `gguf_header` fill these in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.errors import ModelBroken

HEADER_LIMIT = 8 << 20
TENSOR_LIMIT = 20_000
DIMENSION_LIMIT = 8
NAME_LIMIT = 512
_SHOWN = 200
# A loader that walks names by their dots must never meet `x.__class__`. Qwen-Image-Edit 2511 is
# published with this one mark.
_ODD_NAME = re.compile(r"(?:^|\.)__(?!index_timestep_zero__$)|[\x00-\x1f\x7f]")

MetaValue = str | int | float | bool | tuple[int, ...]


class Shaped(Protocol):
    """A tensor, or its description."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes."""
        ...


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's description: `start` and `size` of its bytes in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    size: int

    @property
    def count(self) -> int:
        """The number of elements of its shape."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """A header, every number checked against the file.

    `data` is the offset of the first tensor.
    """

    format: str
    data: int
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, MetaValue]


def check_name(path: Path, name: str) -> None:
    """Refuse names that are empty, too long, or could address an attribute of an object."""
    if not name or len(name) > NAME_LIMIT or _ODD_NAME.search(name):
        raise broken(path, f"the tensor name {name[:_SHOWN]!r} is not a name")


def broken(path: Path, what: str) -> ModelBroken:
    """The error for a broken file, naming it."""
    return ModelBroken(
        f"{path.parent.name}/{path.name}: {what}.",
        field="model",
        fix="Get this file again from where it came from.",
    )


def shown(name: str) -> str:
    """A name from a file, shortened for a message."""
    return repr(name[:_SHOWN])
