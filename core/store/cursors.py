"""Cursors of lists: opaque texts that name the last item of a page."""

from __future__ import annotations

from core.errors import InvalidInput


def invalid_cursor() -> InvalidInput:
    """The error for a text that no page ended with."""
    return InvalidInput(
        "Invalid cursor.", field="cursor", fix="Omit `cursor` to start from the first page."
    )
