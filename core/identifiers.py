"""Identifiers: opaque strings that sort by the time they were made.

Order that matters (the queue) never relies on them: a clock may jump; the queue has a sequence.
"""

from __future__ import annotations

from ulid import ULID


def new_id() -> str:
    """A new 26-character ULID."""
    return str(ULID())
