"""Log records as JSON, with the task, the worker and the request that they belong to."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from core.identifiers import new_id

TEXT_MAX = 8000
FIELDS = ("task_id", "worker", "request_id")
LEVELS = ("debug", "info", "warning", "error", "critical")
MARK = "\x1e"
"""Begins a line of a worker that is a record; no library prints it."""

task_id: ContextVar[str | None] = ContextVar("task_id", default=None)
"""The task that this context works on."""
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that this context answers."""

_CONTEXT = {"task_id": task_id, "request_id": request_id}
_traces = logging.Formatter()


def entry(record: logging.LogRecord) -> dict[str, Any]:
    """The JSON data of a record. A text is cut at `TEXT_MAX` characters; its end is kept."""
    message = record.getMessage()
    if record.exc_info:
        message = f"{message}\n{_traces.formatException(record.exc_info)}"
    if len(message) > TEXT_MAX:
        message = f"{message[: TEXT_MAX // 2]}\n…\n{message[-TEXT_MAX // 2 :]}"
    data: dict[str, Any] = {
        "id": new_id(),
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": message,
    }
    for name in FIELDS:
        value = value_of(record, name)
        if value is not None:
            data[name] = value
    return data


def value_of(record: logging.LogRecord, name: str) -> str | None:
    """One of `FIELDS`: of the record, else of the context; at most 100 characters."""
    value = getattr(record, name, None)
    if value is None and name in _CONTEXT:
        value = _CONTEXT[name].get()
    return None if value is None else str(value)[:100]


def level_number(name: str) -> int:
    """The number of a level such as `info`."""
    return logging.getLevelNamesMapping()[name.upper()]


class WorkerFormatter(logging.Formatter):
    """Writes a record of a worker as one line of its stderr; `parse_line` reads it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        data = entry(record)
        return MARK + json.dumps(data, ensure_ascii=True)


def parse_line(line: str) -> dict[str, str] | None:
    """The data of a line that `WorkerFormatter` wrote; None for any other line."""
    if not line.startswith(MARK):
        return None
    try:
        data = json.loads(line[1:])
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.get("level") not in LEVELS:
        return None
    return {str(name): value for name, value in data.items() if isinstance(value, str)}
