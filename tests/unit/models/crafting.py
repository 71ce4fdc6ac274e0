"""Files of weights with real names and shapes and no data: sparse, so any size is made at once.

Independent of families.
"""

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "U8": 1, "I8": 1, "I64": 8}
GGUF_TYPES = {"F32": (0, 1, 4), "F16": (1, 1, 2), "Q8_0": (8, 32, 34), "Q4_K": (12, 256, 144)}
Shapes = Mapping[str, tuple[int, ...]]


def raw(path: Path, header: Any, room: int = 0) -> Path:
    """A file with this header (an object, or bytes as they are) and `room` bytes behind it."""
    content = header if isinstance(header, bytes) else json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(content).to_bytes(8, "little") + content)
        file.truncate(8 + len(content) + room)
    return path


def entry(shape: Any, start: Any, end: Any, dtype: Any = "F32") -> dict[str, Any]:
    """A tensor's entry in a safetensors header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def safetensors(
    path: Path,
    shapes: Shapes,
    dtype: str = "BF16",
    metadata: Mapping[str, str] | None = None,
    dtypes: Mapping[str, str] | None = None,
) -> Path:
    """A whole safetensors file of zeros; `dtypes` are those that differ from `dtype`."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name, shape in shapes.items():
        kind = (dtypes or {}).get(name, dtype)
        end = at + math.prod(shape) * WIDTHS[kind]
        header[name] = entry(list(shape), at, end, kind)
        at = end
    return raw(path, header, at)


def text(value: str | bytes) -> bytes:
    """A string as GGUF writes it."""
    content = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(content)) + content


def gguf_start(tensors: int, entries: int, version: int = 3) -> bytes:
    """The first bytes of a GGUF file."""
    return b"GGUF" + struct.pack("<IQQ", version, tensors, entries)


def gguf_tensor(name: str, shape: tuple[int, ...], kind: int, offset: int) -> bytes:
    """A tensor's entry in a GGUF header."""
    sides = struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
    return text(name) + sides + struct.pack("<IQ", kind, offset)


def gguf(path: Path, shapes: Shapes, dtype: str = "Q8_0", architecture: str = "flux") -> Path:
    """A whole GGUF file of zeros; tensors of one dimension are F32, as tools write them."""
    content = gguf_start(len(shapes), 1)
    content += text("general.architecture") + struct.pack("<I", 8) + text(architecture)
    at = 0
    for name, shape in shapes.items():
        kind, block, width = GGUF_TYPES[dtype if len(shape) > 1 and shape[-1] % 256 == 0 else "F32"]
        content += gguf_tensor(name, shape, kind, at)
        at += -(-(math.prod(shape) // block * width) // 32) * 32
    with path.open("wb") as file:
        file.write(content)
        file.truncate(-(-len(content) // 32) * 32 + at)
    return path
