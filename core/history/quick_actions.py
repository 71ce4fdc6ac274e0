"""Quick actions: undo the last destructive action, and clear what only the running studio needs.

No journal is kept: what was deleted or cancelled last is in the rows and in the trash. An action is
all that was deleted, or cancelled, within `TOGETHER` of its newest part.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, and_, delete, exists, func, select

from core.errors import Conflict, NotFound
from core.gallery.curation import MAX_IDS, Choice, Curation
from core.store.clock import timestamp
from core.store.schema import assets as asset_rows
from core.store.schema import task_parents, tasks
from core.tasks.dispatcher import Dispatcher
from core.tasks.queue import Queue
from core.tasks.states import ENDED, Status
from core.tasks.transient import Transients
from core.workflows.library import Workflows

TOGETHER = timedelta(seconds=1)
ROWS_PER_WRITE = 2_000  # other writes wait for one of these
Kind = Literal["images", "workflow", "tasks"]


@dataclass(frozen=True, slots=True)
class Action:
    """An action that can be undone: `ids` are those of its assets, its tasks, or its trash."""

    kind: Kind
    label: str
    at: str
    ids: tuple[str, ...]
    name: str | None = None

    def public(self) -> dict[str, Any]:
        """The action as JSON."""
        return {**asdict(self), "ids": list(self.ids)}


@dataclass(frozen=True, slots=True)
class Cleared:
    """Numbers of removed task rows and previews, and of ended tasks that stay.

    A task stays that has a note, or that a task still to run refers to.
    """

    tasks: int
    kept: int
    previews: int

    def public(self) -> dict[str, int]:
        """The numbers as JSON."""
        return asdict(self)


class QuickActions:
    """Undo and clear, for every API."""

    def __init__(
        self,
        queue: Queue,
        curation: Curation,
        workflows: Workflows,
        dispatcher: Dispatcher,
        transients: Transients,
        before_clear: Callable[[], Awaitable[None]],
        on_clear: Callable[[], None],
    ) -> None:
        """`before_clear` reads from rows of tasks what outlives them; `on_clear` is called after
        rows were removed."""
        self._before_clear = before_clear
        self._queue = queue
        self._curation = curation
        self._workflows = workflows
        self._dispatcher = dispatcher
        self._transients = transients
        self._on_clear = on_clear

    async def last_action(self) -> Action | None:
        """The newest deletion of images or of a workflow, or cancel of tasks; None without one."""
        actions = [
            await self._queue.read(_deleted_images),
            await self._queue.read(_cancelled_tasks),
            await self._deleted_workflow(),
        ]
        return max(
            (action for action in actions if action), key=lambda action: action.at, default=None
        )

    async def undo(self) -> Action:
        """Undo the last action and return it. Raises `NotFound` where there is none."""
        action = await self.last_action()
        if action is None:
            raise NotFound("Nothing was deleted or cancelled.", fix="There is nothing to undo.")
        if action.kind == "images":
            for start in range(0, len(action.ids), MAX_IDS):
                await self._curation.restore(Choice(action.ids[start : start + MAX_IDS]))
        elif action.kind == "workflow":
            await self._workflows.restore_deleted(action.name or "", action.ids[0])
        else:
            for task_id in action.ids:
                with suppress(Conflict, NotFound):  # it was retried with another of these
                    await self._queue.retry(task_id)
        return action

    async def clear(self) -> Cleared:
        """Remove the rows of ended tasks, previews and transient results.

        Images, workflows and projects stay, and so do tasks with a note.
        """
        await self._before_clear()
        removed = 0
        while count := await self._queue.remove(_removable, ROWS_PER_WRITE):
            removed += count
        kept = await self._queue.read(_ended)
        previews = self._dispatcher.previews.clear() + self._transients.forget()
        if removed:
            self._on_clear()
        return Cleared(removed, kept, previews)

    async def _deleted_workflow(self) -> Action | None:
        deleted = await self._workflows.deleted()
        newest = max(deleted, key=lambda entry: str(entry["deleted_at"]), default=None)
        if newest is None:
            return None
        name = str(newest["name"])
        label = f"Delete the workflow “{name}”"
        return Action("workflow", label, str(newest["deleted_at"]), (str(newest["id"]),), name)


def _deleted_images(connection: Connection) -> Action | None:
    newest = connection.scalar(select(func.max(asset_rows.c.deleted_at)))
    if newest is None:
        return None
    recent = select(asset_rows.c.id).where(asset_rows.c.deleted_at >= _shortly_before(newest))
    ids = connection.scalars(recent.order_by(asset_rows.c.id)).all()
    return Action("images", f"Delete {_count(ids, 'image')}", newest, tuple(ids))


def _cancelled_tasks(connection: Connection) -> Action | None:
    cancelled = tasks.c.status == Status.CANCELLED.value
    newest = connection.scalar(select(func.max(tasks.c.finished_at)).where(cancelled))
    if newest is None:
        return None
    recent = and_(cancelled, tasks.c.finished_at >= _shortly_before(newest))
    ids = connection.scalars(select(tasks.c.id).where(recent).order_by(tasks.c.seq)).all()
    return Action("tasks", f"Cancel {_count(ids, 'task')}", newest, tuple(ids))


def _removable(connection: Connection, limit: int) -> int:
    """Remove up to `limit` rows; return their number."""
    child = tasks.alias("child")
    needed = exists().where(
        task_parents.c.parent == tasks.c.id,
        task_parents.c.child == child.c.id,
        child.c.finished_at.is_(None),
    )
    chosen = (
        select(tasks.c.seq)
        .where(tasks.c.status.in_(_ENDED), tasks.c.note.is_(None), ~needed)
        .limit(limit)
    )
    return connection.execute(delete(tasks).where(tasks.c.seq.in_(chosen))).rowcount


def _ended(connection: Connection) -> int:
    count = select(func.count()).select_from(tasks).where(tasks.c.status.in_(_ENDED))
    return connection.execute(count).scalar_one()


_ENDED = [status.value for status in sorted(ENDED)]


def _shortly_before(moment: str) -> str:
    return timestamp(datetime.fromisoformat(moment) - TOGETHER)


def _count(ids: Sequence[str], noun: str) -> str:
    return f"{len(ids)} {noun}" if len(ids) == 1 else f"{len(ids)} {noun}s"
