"""JSON text from outside: parsed to values that can be stored and sent."""

from __future__ import annotations

import json
import math
from typing import Any

from core.nesting import MAX_INPUT_DEPTH, too_deep


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
