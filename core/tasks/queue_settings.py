"""The settings of the queue, as rows of the table `state`: they hold for every server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from core.store.schema import state

PREFIX = "queue."


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """The settings of the queue.

    `paused`: no task starts. `auto_run`: submitted tasks start by themselves; else they are held
    with the reason `user`. `cleared_at`: the finished tasks up to this time are left out of the
    queue's own lists, while the history has them all.
    """

    paused: bool = False
    auto_run: bool = True
    cleared_at: str | None = None


NAMES = tuple(QueueSettings.__dataclass_fields__)
READ = select(state.c.key, state.c.value).where(state.c.key.in_([PREFIX + name for name in NAMES]))
AUTO_RUN = select(state.c.value).where(state.c.key == f"{PREFIX}auto_run")


def read_settings(connection: Connection) -> QueueSettings:
    """The stored settings; defaults where none is stored."""
    stored = {row.key.removeprefix(PREFIX): row.value for row in connection.execute(READ)}
    return QueueSettings(**stored)


def write_settings(connection: Connection, **values: Any) -> None:
    """Store settings, in place of the former ones."""
    keys = [PREFIX + name for name in values]
    connection.execute(delete(state).where(state.c.key.in_(keys)))
    rows = [{"key": PREFIX + name, "value": value} for name, value in values.items()]
    connection.execute(insert(state), rows)


def auto_run(connection: Connection) -> bool:
    """True while submitted tasks start by themselves."""
    return connection.execute(AUTO_RUN).scalar() is not False
