"""JSON columns: written within the depth limit, and read without a failure of the whole list.

Text is ASCII, so that lone surrogates and NUL survive; NaN is refused, for it is not JSON.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Table,
    Text,
    cast,
    func,
    or_,
    select,
)

from core.errors import InvalidInput
from core.nesting import MAX_DEPTH, cut, too_deep
from core.store.schema import metadata

Row = TypeVar("Row", bound=Mapping[Any, Any])
log = logging.getLogger(__name__)

UNREADABLE = object()
_encoder = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def write_document(value: Any) -> str:
    """Encode a JSON value. Raises `InvalidInput` over `MAX_DEPTH` levels."""
    try:
        text = _encoder.encode(value)
    except RecursionError:
        raise _depth_error() from None
    if _may_be_deep(text) and too_deep(value):
        raise _depth_error()
    return text


def read_document(text: str) -> Any:
    """Decode a JSON value; `UNREADABLE` for one that is damaged or cannot be sent."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return UNREADABLE
    return UNREADABLE if _may_be_deep(text) and too_deep(value) else value


def readable_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Leave out rows with an unreadable value; each is logged."""
    for row in rows:
        if UNREADABLE not in row.values():
            yield row
            continue
        damaged = next(name for name, value in row.items() if value is UNREADABLE)
        log.error("row %s is left out: its %s cannot be read", row.get("id"), damaged)


def heal(connection: Connection) -> int:
    """Cut stored values that exceed the limit; return the number of healed rows."""
    return sum(_heal_table(connection, table) for table in metadata.tables.values())


def _heal_table(connection: Connection, table: Table) -> int:
    columns = [column for column in table.columns if isinstance(column.type, JSON)]
    if not columns:
        return 0
    keys = list(table.primary_key)
    texts = {column.name: cast(column, Text) for column in columns}
    deep = or_(*[_brackets(text) > MAX_DEPTH for text in texts.values()])
    statement = select(*keys, *[text.label(name) for name, text in texts.items()]).where(deep)
    healed = 0
    for row in connection.execute(statement).mappings().all():
        changes = {name: _healed(row[name]) for name in texts if _is_unreadable(row[name])}
        if changes:
            log.warning("row %s of %s had values too deep to send", row[keys[0].name], table.name)
            this = [key == row[key.name] for key in keys]
            connection.execute(table.update().where(*this).values(changes))
            healed += 1
    return healed


def _brackets(text: ColumnElement[str]) -> ColumnElement[int]:
    """The number of opening brackets, an upper bound of the depth."""
    return 2 * func.length(text) - sum(func.length(func.replace(text, sign, "")) for sign in "[{")


def _is_unreadable(text: str | None) -> bool:
    return text is not None and read_document(text) is UNREADABLE


def _healed(text: str) -> Any:
    try:
        return cut(json.loads(text))
    except (ValueError, RecursionError):
        return [] if text.startswith("[") else {}


def _may_be_deep(text: str) -> bool:
    return text.count("[") + text.count("{") > MAX_DEPTH


def _depth_error() -> InvalidInput:
    return InvalidInput(
        f"The data is nested more than {MAX_DEPTH} levels deep.", fix="Send flatter JSON."
    )
