"""Changes of a task: its note at any time; while it waits, parameters, place and holds.

Functions over one open transaction, so that a request with several changes is applied whole or not
at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection

from core.errors import Conflict, InvalidInput, NotFound, TaskChanged
from core.store.asset_rows import insert_asset
from core.store.schema import tasks
from core.tasks import ordering, transitions
from core.tasks.ordering import End, Place
from core.tasks.states import WAITING, Hold, Status
from core.tasks.task import Task, references

MAX_NOTE_LENGTH = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    """A request to change a task. Fields that are not set change nothing.

    `note` is free text of a person, which a task in any state can have; empty text removes it. All
    else needs a task that waits.

    `version`: the version that the change is made for. `revised`: the task with other parameters,
    resolved anew from its stored state. `priority`: another band, where the task takes its place by
    the order of submission. `before`, `after`: the id of the waiting task that shall be its
    neighbour. `end`: the top or the bottom of its band. `hold`, `lift`: reasons to add and to
    remove; with `yields` also of a running task, which hands back its checkpoint first.
    """

    version: int | None = None
    revised: Task | None = None
    priority: int | None = None
    before: str | None = None
    after: str | None = None
    end: End | None = None
    hold: Hold = Hold.NONE
    lift: Hold = Hold.NONE
    note: str | None = None
    yields: bool = False

    @property
    def only_hold(self) -> bool:
        """True if nothing but the holds change."""
        holds = TaskChange(hold=self.hold, lift=self.lift, version=self.version)
        return bool(self.hold or self.lift) and replace(self, yields=False) == holds

    @property
    def only_note(self) -> bool:
        """True if nothing but the note changes."""
        note = TaskChange(note=self.note, version=self.version)
        return self.note is not None and replace(self, yields=False) == note


def task_change(fields: Mapping[str, Any]) -> TaskChange:
    """The change of the fields that clients send; `held` adds or removes the hold of the user."""
    held, others = fields.get("held"), {name: fields[name] for name in fields if name != "held"}
    return TaskChange(
        **others,
        hold=Hold.USER if held else Hold.NONE,
        lift=Hold.USER if held is False else Hold.NONE,
    )


def apply(connection: Connection, task_id: str, change: TaskChange) -> list[Task]:
    """Apply a change; return every changed task once, in its last state.

    Raises `NotFound` for an unknown task, `Conflict` for one that has started, `TaskChanged` for
    one with another version.
    """
    task = _find(connection, task_id)
    pauses = change.yields and change.only_hold and task.status is Status.RUNNING
    if not (change.only_note or pauses):
        _check_waiting(task)
    if change.version not in (None, task.version):
        raise TaskChanged(f"The task has version {task.version}, not {change.version}.")
    work = _pause if pauses else _change_waiting
    return list({task.id: task for task in work(connection, task, change)}.values())


def _change_waiting(connection: Connection, task: Task, change: TaskChange) -> list[Task]:
    """Change a task that waits, or only its note."""
    task_id, changed = task.id, list[Task]()
    if change.note is not None:
        note = _checked_note(change.note)
        changed += transitions.revise(connection, tasks.c.id == task_id, note=note)
    if change.revised is not None:
        changed += _revise(connection, task, change.revised)
    if change.priority is not None:
        changed += transitions.revise(
            connection, tasks.c.id == task_id, priority=int(change.priority), rank=float(task.seq)
        )
    if (place := _place(connection, task_id, change)) is not None:
        changed += transitions.revise(
            connection, tasks.c.id == task_id, priority=place.priority, rank=place.rank
        )
    if change.hold:
        changed += transitions.hold(connection, tasks.c.id == task_id, change.hold)
    if change.lift:
        changed += lift(connection, tasks.c.id == task_id, change.lift)
    elif change.revised is not None:
        changed += transitions.complete_from_cache(connection, changed[-1])
    return changed


def lift(connection: Connection, condition: ColumnElement[bool], reason: Hold) -> list[Task]:
    """Remove a reason to hold tasks; complete those that the cache has the results of."""
    changed = transitions.lift(connection, condition, reason)
    return changed + [
        cached for task in changed for cached in transitions.complete_from_cache(connection, task)
    ]


def _pause(connection: Connection, task: Task, change: TaskChange) -> list[Task]:
    """Change the holds of a running task."""
    condition = tasks.c.id == task.id
    if change.hold:
        return transitions.pause(connection, condition, change.hold)
    return transitions.unpause(connection, condition, change.lift)


def _place(connection: Connection, task_id: str, change: TaskChange) -> Place | None:
    """The place that a change moves its task to; None where it stays."""
    neighbour = change.after or change.before
    if neighbour is None and change.end is None:
        return None
    task = _waiting(connection, task_id)  # its band may just have changed
    if neighbour is None:
        return ordering.at_end(connection, task, change.end or "bottom")
    if neighbour == task_id:
        return Place(task.priority, task.rank)
    after = change.after is not None
    return ordering.beside(connection, task, _waiting(connection, neighbour), after=after)


def _find(connection: Connection, task_id: str) -> Task:
    task = transitions.find(connection, task_id)
    if task is None:
        raise NotFound(f"There is no task {task_id!r}.")
    return task


def _checked_note(text: str) -> str | None:
    """The note to store; None for an empty one. Raises `InvalidInput`."""
    if len(text) > MAX_NOTE_LENGTH or "\0" in text or not _is_unicode(text):
        raise InvalidInput(
            f"The note has {len(text)} characters, or some that are no Unicode.",
            field="note",
            fix=f"Write at most {MAX_NOTE_LENGTH} characters.",
        )
    return text.strip() or None


def _is_unicode(text: str) -> bool:
    """False for lone surrogates, which no database stores."""
    return text == text.encode("utf-8", "replace").decode()


def _waiting(connection: Connection, task_id: str) -> Task:
    task = _find(connection, task_id)
    _check_waiting(task)
    return task


def _check_waiting(task: Task) -> None:
    if task.status not in WAITING:
        raise Conflict(
            f"The task is {task.status.value}: only a waiting one can be changed.",
            fix="Repeat it with other parameters instead.",
        )


def _revise(connection: Connection, task: Task, revised: Task) -> list[Task]:
    if references(revised.params) != references(task.params):
        raise Conflict(
            "An input of the task arrived while its parameters were changed.",
            fix="Send the change again.",
        )
    if revised.version != task.version:
        raise TaskChanged("The task changed while its parameters were resolved.")
    for asset in revised.uploads:
        insert_asset(connection, asset)
    return transitions.revise(
        connection,
        tasks.c.id == task.id,
        lane=revised.lane,
        params=dict(revised.params),
        snapshot=dict(revised.snapshot),
        warnings=revised.warnings,
        cache_key=revised.cache_key,
    )
