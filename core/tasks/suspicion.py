"""Tasks that were running alone when their server died, several times: they may be the cause.

The tasks of one batch count as one. Once one of them may be the cause, each runs alone.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from core.store.schema import state, tasks

LONE_DEATHS = "queue.lone_deaths"  # in `state`: by task id, of tasks that have not ended
SUSPECT_AFTER = 2


def record_deaths(connection: Connection, running: ColumnElement[bool]) -> list[str]:
    """Record the deaths of the servers of `running` tasks; return the ids of the suspects."""
    rows = connection.execute(select(tasks.c.id, tasks.c.owner).where(running)).all()
    owners = {row.id: row.owner or "" for row in rows}
    company = Counter(_server(owner) for owner in {row.owner or "" for row in rows})
    alone = [task_id for task_id, owner in owners.items() if company[_server(owner)] == 1]
    if not alone:
        return []
    deaths = Counter(suspected(connection))
    open_tasks = select(tasks.c.id).where(tasks.c.id.in_(deaths), tasks.c.finished_at.is_(None))
    kept = set(connection.execute(open_tasks).scalars())
    deaths = Counter({task_id: count for task_id, count in deaths.items() if task_id in kept})
    deaths.update(alone)
    connection.execute(delete(state).where(state.c.key == LONE_DEATHS))
    connection.execute(insert(state).values(key=LONE_DEATHS, value=dict(deaths)))
    return [task_id for task_id in alone if deaths[task_id] >= SUSPECT_AFTER]


def suspected(connection: Connection) -> dict[str, int]:
    """The number of deaths by task."""
    query = select(state.c.value).where(state.c.key == LONE_DEATHS)
    return connection.execute(query).scalar() or {}


def _server(owner: str) -> str:
    """The server of a claim."""
    return owner.split(":")[0]
