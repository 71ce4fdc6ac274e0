"""What a picture file says of how it was made: ours and other tools' texts, read with care.

Only known names are read, each bounded in size; nothing is executed or trusted, it is shown and may
fill a form. Knows PNG text chunks and the EXIF comment of JPEG and WebP.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from io import BytesIO
from typing import Any

from PIL import Image

from core.store.chunks import SIGNATURE, texts
from core.store.infotext import read_infotext

TEXT_LIMIT = 128 << 10
TOTAL_LIMIT = 256 << 10
_EXIF_LIMIT = 256 << 10
_EXIF_IFD, _USER_COMMENT = 0x8769, 0x9286
# The name of a text tells who wrote it, in this order.
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
    """What is known of how the picture in `data` was made; empty where it says nothing.

    Keys, each only where found: `source` (the tool), `parameters` (text), `generation` (prompt,
    negative_prompt and settings read from it), `qpyt` (our snapshot), `texts` (other tools' texts
    by name), `omitted` (names of texts that were too long or damaged). Never raises on bad bytes.
    """
    found, omitted = _collect(_named_texts(data))
    result: dict[str, Any] = {}
    if source := next((tool for name, tool in _SOURCES.items() if name in found), None):
        result["source"] = source
    if (parameters := found.pop("parameters", None)) is not None:
        result |= _read_parameters(parameters)
    if (own := found.pop("qpyt", None)) is not None:
        snapshot = read_json(own)
        if isinstance(snapshot, dict):
            result["qpyt"] = snapshot
        else:
            omitted.append("qpyt")
    if found:
        result["texts"] = found
    if omitted:
        result["omitted"] = omitted
    return result


def read_json(text: str) -> Any:
    """JSON fit to be stored and sent: NaN and infinities become null. None where it is no JSON."""
    try:
        found = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        return None
    return found


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _read_parameters(text: str) -> dict[str, Any]:
    if not text.lstrip().startswith("{"):
        return {"parameters": text, "generation": asdict(read_infotext(text))}
    # SwarmUI writes JSON under the same name.
    return {"parameters": text, "source": "swarmui"} if read_json(text) else {"parameters": text}


def _collect(named: Iterator[tuple[str, str | None]]) -> tuple[dict[str, str], list[str]]:
    """The first text of each known name, within the limits, and the names of those left out."""
    found: dict[str, str] = {}
    omitted: list[str] = []
    total = 0
    for name, text in named:
        if name not in _SOURCES or name in found or name in omitted:
            continue
        size = len(text.encode("utf-8", "replace")) if text is not None else 0
        if text is None or size > TEXT_LIMIT or total + size > TOTAL_LIMIT:
            omitted.append(name)
        else:
            found[name] = text.replace("\0", "")
            total += size
    return found, omitted


def _named_texts(data: bytes) -> Iterator[tuple[str, str | None]]:
    if data.startswith(SIGNATURE):
        yield from texts(data, TEXT_LIMIT)
    elif (comment := _exif_comment(data)) is not None:
        yield "parameters", comment


def _exif_comment(data: bytes) -> str | None:
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "WEBP")) as image:
            if len(image.info.get("exif", b"")) > _EXIF_LIMIT:
                return None
            raw = image.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT)
    except Exception:  # noqa: BLE001 (decoders fail in many ways; then there is no comment)
        return None
    if not isinstance(raw, bytes) or len(raw) < 8:
        return raw if isinstance(raw, str) else None
    code, body = raw[:8], raw[8:]
    encoding = _utf16_of(body) if code == b"UNICODE\0" else "utf-8"
    return body.decode(encoding, "replace").strip("\0")


def _utf16_of(body: bytes) -> str:
    """Which byte order: writers disagree and leave out the mark. Most text has zero high bytes."""
    return "utf-16-be" if body[0::2].count(0) >= body[1::2].count(0) else "utf-16-le"
