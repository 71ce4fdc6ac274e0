"""The part of the queue that another server may have changed, read without any message of it.

A few look-ups in an index, whatever the length of the queue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.store.schema import tasks
from core.tasks import listing
from core.tasks.claim import Claim
from core.tasks.queue_settings import read_settings


@dataclass(frozen=True, slots=True)
class QueueState:
    """The state of the queue for one server.

    `pending`: the lanes where a task may start. `revoked`: the server's claims whose tasks shall
    stop: cancelled ones, and those that another server took over after the lease lapsed.
    """

    paused: bool
    pending: frozenset[str]
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
        revoked=_revoked(connection, claims),
    )


def _revoked(connection: Connection, claims: Collection[Claim]) -> frozenset[Claim]:
    if not claims:
        return frozenset()
    statement = select(tasks.c.id, tasks.c.attempt, tasks.c.owner).where(
        tasks.c.id.in_([claim.task_id for claim in claims]), tasks.c.cancel_requested.is_(False)
    )
    valid = {Claim(row.id, row.attempt, row.owner) for row in connection.execute(statement)}
    return frozenset(claims) - valid
