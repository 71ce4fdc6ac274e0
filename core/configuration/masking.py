"""Secrets in values and texts, replaced by asterisks."""

from __future__ import annotations

import re
from typing import Any

MASK = "********"
_CREDENTIALS = re.compile(r"(://[^/\s:@?#]*:)\S+(@)")  # to the last @: a password may have one
_QUERY = re.compile(
    r"([?&][^=&\s\"']*(?:password|passwd|secret|token|key)[^=&\s\"']*=)[^&\s\"']+", re.I
)


def mask_text(text: str) -> str:
    """The text without the passwords of its URLs: `://me:***@host`."""
    if "://" not in text:
        return text
    return _QUERY.sub(r"\1***", _CREDENTIALS.sub(r"\1***\2", text))


def mask_value(value: Any) -> Any:
    """JSON data without the passwords of its URLs."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, list | tuple):
        return [mask_value(item) for item in value]
    return value
