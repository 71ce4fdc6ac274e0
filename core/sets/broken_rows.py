"""The place of a quotation mark that breaks a CSV file."""

from __future__ import annotations

from collections.abc import Sequence

QUOTE = '"'
Place = tuple[int, int, bool]


def broken_place(text: str, delimiter: str) -> Place | None:
    """Row and column, both from 0, of the first cell whose quotation marks do not match.

    The third part is True where a mark is never closed, False where one stands within a quoted
    cell. None where all match. A blank line counts as a row.
    """
    row = column = place = 0
    while place <= len(text):
        if text.startswith(QUOTE, place):
            end = _end_of_quoted(text, place + 1)
            if end is None:
                return row, column, True
            place = end
            if place < len(text) and text[place] not in (delimiter, "\r", "\n"):
                return row, column, False
        else:
            place = _end_of_plain(text, place, delimiter)
        if place >= len(text):
            return None
        if text[place] == delimiter:
            column += 1
        else:
            row, column = row + 1, 0
            place += text.startswith("\r\n", place)
        place += 1
    return None


def _end_of_quoted(text: str, place: int) -> int | None:
    """The place behind the closing mark; None without one."""
    while (mark := text.find(QUOTE, place)) >= 0:
        if not text.startswith(QUOTE, mark + 1):
            return mark + 1
        place = mark + 2
    return None


def _end_of_plain(text: str, place: int, delimiter: str) -> int:
    ends: Sequence[int] = [text.find(sign, place) for sign in (delimiter, "\r", "\n")]
    return min((end for end in ends if end >= 0), default=len(text))
