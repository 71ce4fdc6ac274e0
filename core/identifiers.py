"""Identifiers: opaque strings that sort by insertion, also where the clock jumps back."""

from __future__ import annotations

import secrets
import threading

from ulid import ULID

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A new 26-character ULID, greater than all earlier ones of this process."""
    global _last
    with _lock:
        _last = max(int(ULID()), _last + 1 + secrets.randbits(32))
        return str(ULID.from_int(_last))


def is_id(text: str) -> bool:
    """True for a text in the form of an identifier."""
    try:
        return str(ULID.from_str(text)) == text
    except ValueError:
        return False


def continue_after(newest: str | None) -> None:
    """Make later identifiers greater than `newest`, which an earlier process made."""
    global _last
    try:
        value = int(ULID.from_str(newest or ""))
    except ValueError:  # none, or one that is no ULID
        return
    with _lock:
        _last = max(_last, value)
