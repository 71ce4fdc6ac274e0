"""The metadata of a safetensors file, replaced without touching its tensors."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import InvalidInput
from core.models.weights.header import HEADER_LIMIT
from core.store import atomic

_METADATA = "__metadata__"


def write_metadata(source: Path, target: Path, changes: Mapping[str, Any]) -> dict[str, str]:
    """Write a copy of `source` to `target`, which may be the same path, with changed metadata.

    A value of None removes a key; other values are stored as text. A temporary file is written,
    synced and renamed, so a file is never half-changed. Returns the new metadata. Raises
    `InvalidInput` for metadata that is too long.
    """
    with source.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        metadata = {**header.pop(_METADATA, {}), **changes}
        kept = {key: str(value) for key, value in metadata.items() if value is not None}
        raw = json.dumps({_METADATA: kept, **header}, separators=(",", ":")).encode()
        raw += b" " * (-len(raw) % 8)  # tensors begin at multiples of eight bytes
        if len(raw) > HEADER_LIMIT:
            raise InvalidInput(
                f"The metadata makes a header of {len(raw)} bytes.",
                field="metadata",
                fix=f"Keep it below {HEADER_LIMIT} bytes.",
            )
        with atomic.replacing(target) as partial, partial.open("wb") as copy:
            copy.write(len(raw).to_bytes(8, "little") + raw)
            shutil.copyfileobj(file, copy, 1 << 20)
    return kept
