"""The right to deliver the result of one attempt of a task."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_

from core.store.schema import tasks


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt of a task by one owner: a result is accepted only while this is in the row."""

    task_id: str
    attempt: int
    owner: str

    def condition(self) -> ColumnElement[bool]:
        """True of the task's row while the claim is valid."""
        return and_(
            tasks.c.id == self.task_id, tasks.c.attempt == self.attempt, tasks.c.owner == self.owner
        )
