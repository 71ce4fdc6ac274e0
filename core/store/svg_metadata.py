"""The metadata of drawings, in their element `metadata`."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import unescape

from core.store.json_text import read_json

MAX_METADATA_BYTES = 1 << 20
_METADATA = re.compile(rb"<metadata>([^<]*)</metadata>\n?")


def svg_metadata(svg: bytes) -> dict[str, Any]:
    """Read the metadata of a drawing; empty where there is none."""
    element = _METADATA.search(svg[:MAX_METADATA_BYTES])
    if element is None:
        return {}
    metadata = read_json(unescape(element.group(1).decode(errors="replace")))
    return metadata if isinstance(metadata, dict) else {}


def without_metadata(svg: bytes) -> bytes:
    """Remove the metadata of a drawing."""
    return _METADATA.sub(b"", svg, count=1)
