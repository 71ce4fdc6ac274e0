"""Metadata of image files, of this and of other tools, read within limits.

Only texts of known names are read; they are shown and may fill a form, and nothing in them is
executed or trusted. Reads PNG text chunks here, JPEG and WebP through `exif`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from core.nesting import MAX_INPUT_DEPTH, too_deep
from core.store.chunks import SIGNATURE, texts
from core.store.exif import comments
from core.store.infotext import read_infotext

TEXT_LIMIT = 128 << 10
TOTAL_LIMIT = 256 << 10
# The tool that writes a text of this name; the first one found is the source.
_SOURCES = {
    "qpyt": "qpyt",
    "invokeai_metadata": "invokeai",
    "sd-metadata": "invokeai",
    "Dream": "invokeai",
    "fooocus_scheme": "fooocus",
    "parameters": "a1111",
    "workflow": "comfyui",
    "prompt": "comfyui",
    "Comment": "novelai",
    "Description": "novelai",
}


def read_metadata(data: bytes) -> dict[str, Any]:
    """Read how the image in `data` was made; empty for an image without metadata.

    Keys, each only where present: `source` (the tool), `parameters` (text), `generation` (prompt,
    negative_prompt and settings read from it), `qpyt` (the snapshot), `texts` (other tools' texts
    by name), `omitted` (names of texts that are too long or damaged). Never raises on bad bytes.
    """
    texts_by_name, omitted = _collect(_named_texts(data))
    result: dict[str, Any] = {}
    if source := next((tool for name, tool in _SOURCES.items() if name in texts_by_name), None):
        result["source"] = source
    if (parameters := texts_by_name.pop("parameters", None)) is not None:
        result |= _read_parameters(parameters)
    if (own := texts_by_name.pop("qpyt", None)) is not None:
        snapshot = read_json(own)
        if isinstance(snapshot, dict):
            result["qpyt"] = snapshot
        else:
            omitted.append("qpyt")
    if texts_by_name:
        result["texts"] = texts_by_name
    if omitted:
        result["omitted"] = omitted
    return result


def read_json(text: str) -> Any:
    """Parse JSON that can be stored and sent: NaN and infinities become null.

    None for invalid JSON and for more than `MAX_INPUT_DEPTH` levels.
    """
    try:
        value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        return None
    return None if too_deep(value, MAX_INPUT_DEPTH) else value


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _read_parameters(text: str) -> dict[str, Any]:
    if not text.lstrip().startswith("{"):
        return {"parameters": text, "generation": asdict(read_infotext(text))}
    # SwarmUI writes JSON under the same name.
    return {"parameters": text, "source": "swarmui"} if read_json(text) else {"parameters": text}


def _collect(named: Iterator[tuple[str, str | None]]) -> tuple[dict[str, str], list[str]]:
    """The first text of each known name, within the limits, and the names of omitted texts."""
    collected: dict[str, str] = {}
    omitted: list[str] = []
    total = 0
    for name, text in named:
        if name not in _SOURCES or name in collected or name in omitted:
            continue
        size = len(text.encode("utf-8", "replace")) if text is not None else 0
        if text is None or size > TEXT_LIMIT or total + size > TOTAL_LIMIT:
            omitted.append(name)
        else:
            collected[name] = text.replace("\0", "")
            total += size
    return collected, omitted


def _named_texts(data: bytes) -> Iterator[tuple[str, str | None]]:
    if data.startswith(SIGNATURE):
        yield from texts(data, TEXT_LIMIT)
    else:
        yield from comments(data)
