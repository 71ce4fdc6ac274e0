"""The part of the queue that another server may have changed, read without any message of it.

A few look-ups in an index, whatever the length of the queue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from core.store.schema import tasks
from core.tasks import listing
from core.tasks.claim import Claim
from core.tasks.queue_settings import read_settings


@dataclass(frozen=True, slots=True)
class QueueState:
    """The state of the queue for one server.

    `pending`: the lanes where a task may start. `held`: the server's claims whose tasks shall yield
    and wait. `revoked`: the server's claims whose tasks shall
    stop: cancelled ones, and those that another server took over after the lease lapsed.
    """

    paused: bool
    pending: frozenset[str]
    held: frozenset[Claim]
    revoked: frozenset[Claim]


def read_state(
    connection: Connection, lanes: Iterable[str], claims: Collection[Claim]
) -> QueueState:
    """The state of some lanes and of the claims that a server holds."""
    return QueueState(
        paused=read_settings(connection).paused,
        pending=frozenset(
            lane for lane in lanes if listing.best_waiting(connection, lane) is not None
        ),
        held=_among(connection, claims, tasks.c.hold != 0),
        revoked=frozenset(claims) - _among(connection, claims, tasks.c.cancel_requested.is_(False)),
    )


def _among(
    connection: Connection, claims: Collection[Claim], condition: ColumnElement[bool]
) -> frozenset[Claim]:
    """The claims that are still valid and whose tasks meet a condition."""
    if not claims:
        return frozenset()
    statement = select(tasks.c.id, tasks.c.attempt, tasks.c.owner).where(
        tasks.c.id.in_([claim.task_id for claim in claims]), condition
    )
    valid = {Claim(row.id, row.attempt, row.owner) for row in connection.execute(statement)}
    return frozenset(claims) & valid
