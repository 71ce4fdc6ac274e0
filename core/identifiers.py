"""Identifiers: opaque strings that sort by insertion, also where the clock jumps back."""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime, timedelta

from ulid import ULID

_lock = threading.Lock()
_last = 0
_MILLISECOND = timedelta(milliseconds=1)


def new_id() -> str:
    """A new 26-character ULID, greater than all earlier ones of this process."""
    global _last
    with _lock:
        _last = max(int(ULID()), _last + 1 + secrets.randbits(32))
        return str(ULID.from_int(_last))


def id_at(moment: datetime) -> str:
    """A new identifier that sorts at an earlier time, for what was made before it came here."""
    return str(ULID.from_int(_lowest(moment) + secrets.randbits(80)))


def first_id(moment: datetime) -> str:
    """The lowest identifier of a moment, to the millisecond; moments outside the range of
    identifiers are its ends.
    """
    return str(ULID.from_int(_lowest(moment)))


def time_of(identifier: str) -> datetime:
    """The time of an identifier; the epoch for a text that is none."""
    try:
        milliseconds = ULID.from_str(identifier).milliseconds
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _lowest(moment: datetime) -> int:
    milliseconds = (moment - datetime.fromtimestamp(0, UTC)) // _MILLISECOND
    return min(max(milliseconds, 0), (1 << 48) - 1) << 80


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
