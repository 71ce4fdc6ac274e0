"""What every header of weights is made of: tensors described but not read, limits, one refusal.

Knows no file format. `safetensors_header` and `gguf_header` fill these in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelBroken

HEADER_LIMIT = 8 << 20
TENSOR_LIMIT = 20_000
DIMENSION_LIMIT = 8
NAME_LIMIT = 512
_SHOWN = 200
# A loader that walks names by their dots must never meet `x.__class__`.
_ODD_NAME = re.compile(r"(?:^|\.)__|[\x00-\x1f\x7f]")

MetaValue = str | int | float | bool | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """One described tensor: where its bytes lie in the file, and how many they are."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    size: int

    @property
    def count(self) -> int:
        """How many numbers its shape holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """A header as its format's reader found it, every number checked against the file.

    `data` is where the first tensor's bytes begin.
    """

    format: str
    data: int
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, MetaValue]


def check_name(path: Path, name: str) -> None:
    """Refuse names that are empty, absurdly long, or could be walked into an object."""
    if not name or len(name) > NAME_LIMIT or _ODD_NAME.search(name):
        raise broken(path, f"the tensor name {name[:_SHOWN]!r} is not a name")


def broken(path: Path, what: str) -> ModelBroken:
    """The refusal of a file, naming it."""
    return ModelBroken(
        f"{path.parent.name}/{path.name}: {what}.",
        field="model",
        fix="Get this file again from where it came from.",
    )


def shown(name: str) -> str:
    """A name from a file as a message shows it."""
    return repr(name[:_SHOWN])
