"""Revisions of assets: numbers that grow with every committed change, for readers to catch up by.

Functions of a connection, inside the transaction of the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection, func, select, text

from core.store.schema import assets

_LOCK_NUMBER = 0x71707972  # PostgreSQL: revisions are committed in their order
IDS_PER_STATEMENT = 500


def next_revision(connection: Connection) -> int:
    """A number greater than all committed ones; it is taken once the transaction commits."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK_NUMBER})
    return (connection.scalar(select(func.max(assets.c.revision))) or 0) + 1


def mark_changed(connection: Connection, ids: Iterable[str]) -> None:
    """Give assets a new revision."""
    revision = next_revision(connection)
    for part in portions(ids):
        statement = assets.update().where(assets.c.id.in_(part))
        connection.execute(statement.values(revision=revision))


def portions(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    """Split IDs into lists that fit into one statement."""
    rest = iter(ids)
    while part := list(islice(rest, IDS_PER_STATEMENT)):
        yield part
