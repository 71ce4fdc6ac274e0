"""The log on a terminal: one line per record, without secrets and control characters."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from core.logs.records import value_of
from core.logs.redaction import Redaction

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class ConsoleFormatter(logging.Formatter):
    """Time, level, logger, worker, task, request and message."""

    def __init__(self, redact: Redaction) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(place)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record."""
        record.place = _place({name: value_of(record, name) for _, name in PLACES})
        return plain(self._redact(super().format(record)))


def line(data: dict[str, Any]) -> str:
    """A stored record as text for a terminal."""
    place = _place(data)
    return plain(
        f"{data['time']} {data['level'].upper()} {data['logger']}{place}: {data['message']}"
    )


def _place(data: Mapping[str, Any]) -> str:
    """Worker, task and request in brackets, as far as they are known."""
    about = [f"{name} {data[key]}" for name, key in PLACES if data.get(key)]
    return f" ({', '.join(about)})" if about else ""


PLACES = (("worker", "worker"), ("task", "task_id"), ("request", "request_id"))


def plain(text: str) -> str:
    """The text without characters that control a terminal."""
    return _CONTROL.sub("\ufffd", text)
