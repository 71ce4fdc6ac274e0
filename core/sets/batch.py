"""A batch: one run of a set, as a record and as rows with their tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from core.store.clock import timestamp as now
from core.store.documents import readable_rows
from core.store.schema import assets, batches, tasks
from core.tasks.states import Status

LABEL = "batch"  # label of tasks: the ID of the batch that they belong to
ROW = "row"  # label of tasks: the key of their row
SAVE, OVERLAY = "save", "overlay"  # operations of the tasks that follow a drawing
FOLLOWING = (SAVE, OVERLAY)


@dataclass(frozen=True, slots=True)
class Batch:
    """One run of a set.

    `seed` is that of the set, `params` are those of every row, `rows` the keys in the order of the
    table, `folder` the place of the files in the output folder. `choices`: the chosen images of
    rows, by key. `axes` are those of a matrix (name, label and values); its rows are the cells, of
    which the last axis counts fastest. `print` are the print settings of the set.
    """

    id: str
    set_id: str
    name: str
    operation: str
    theme: str
    seed: int
    folder: str
    rows: Sequence[str]
    params: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    axes: Sequence[Mapping[str, Any]] = ()
    print: Mapping[str, Any] = field(default_factory=dict)
    created_at: str = field(default_factory=now)

    @property
    def kind(self) -> Literal["set", "matrix"]:
        """The origin of its rows."""
        return "matrix" if self.axes else "set"

    @property
    def stamp(self) -> str:
        """The time of the start, as in the names of its files."""
        return self.folder.rpartition("_")[2]

    @classmethod
    def from_row(cls, row: RowMapping) -> Batch:
        """The batch of a database row."""
        return cls(
            row["id"], row["set_id"], created_at=row["created_at"], **dict(row["definition"])
        )


@dataclass(frozen=True, slots=True)
class RowTask:
    """A task of a row, as far as a batch shows it: one that draws it, its card or its file."""

    id: str
    row: str
    operation: str
    status: Status
    params: Mapping[str, Any]
    outputs: Sequence[Mapping[str, Any]]
    error: Mapping[str, Any] | None


def insert_batch(connection: Connection, batch: Batch) -> None:
    """Store a batch."""
    connection.execute(
        insert(batches).values(
            id=batch.id,
            set_id=batch.set_id,
            created_at=batch.created_at,
            definition=_definition(batch),
        )
    )


def choose(connection: Connection, batch_id: str, row: str, asset_id: str | None) -> None:
    """Choose an image of a row; None: the newest counts again."""
    batch = find_batch(connection, batch_id)
    if batch is None:
        return
    choices = {key: chosen for key, chosen in batch.choices.items() if key != row}
    chosen = choices if asset_id is None else {**choices, row: asset_id}
    definition = _definition(replace(batch, choices=chosen))
    connection.execute(
        update(batches).where(batches.c.id == batch_id).values(definition=definition)
    )


def _definition(batch: Batch) -> dict[str, Any]:
    """The document of a batch; parts that are empty are left out."""
    names = ("name", "operation", "theme", "seed", "folder", "params")
    parts = {"choices": dict(batch.choices), "axes": list(batch.axes), "print": dict(batch.print)}
    return {
        **{name: getattr(batch, name) for name in names},
        "rows": list(batch.rows),
        **{name: part for name, part in parts.items() if part},
    }


def cell_of(axes: Sequence[Mapping[str, Any]], number: int) -> dict[str, Any]:
    """The values of a cell by the names of the axes; the last axis counts fastest."""
    cell = {}
    for axis in reversed(axes):
        number, place = divmod(number, len(axis["values"]))
        cell[str(axis["name"])] = axis["values"][place]
    return dict(reversed(cell.items()))


def find_batch(connection: Connection, batch_id: str) -> Batch | None:
    """A batch by its ID."""
    rows = connection.execute(select(batches).where(batches.c.id == batch_id)).mappings()
    return next((Batch.from_row(row) for row in readable_rows(rows)), None)


def newest_batches(
    connection: Connection, limit: int, before: str | None
) -> tuple[list[Batch], int]:
    """Up to `limit` batches before the ID `before`, newest first, and the number of all.

    A batch without a task was never queued; it is left out.
    """
    queued = select(tasks.c.seq).where(tasks.c.run_id == batches.c.id).exists()
    total = select(func.count()).select_from(batches).where(queued)
    chosen = select(batches).where(queued).order_by(batches.c.id.desc()).limit(limit)
    if before is not None:
        chosen = chosen.where(batches.c.id < before)
    rows = connection.execute(chosen).mappings()
    queued_batches = [Batch.from_row(row) for row in readable_rows(rows)]
    return queued_batches, int(connection.execute(total).scalar_one())


def row_states(connection: Connection, batch_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """The number of rows in each state, by batch: the newest task of a row counts."""
    newest = (
        select(func.max(tasks.c.seq))
        .where(tasks.c.run_id.in_(batch_ids), tasks.c.brick_id.is_not(None))
        .group_by(tasks.c.run_id, tasks.c.brick_id)
    )
    counted = (
        select(tasks.c.run_id, tasks.c.status, func.count())
        .where(tasks.c.seq.in_(newest))
        .group_by(tasks.c.run_id, tasks.c.status)
    )
    states: dict[str, dict[str, int]] = {batch_id: {} for batch_id in batch_ids}
    for run_id, status, number in connection.execute(counted):
        states[run_id][status] = number
    return states


def row_tasks(connection: Connection, batch_id: str) -> list[RowTask]:
    """The tasks of the rows of a batch, oldest first."""
    columns = ("id", "labels", "operation", "status", "params", "outputs", "error")
    statement = (
        select(*(tasks.c[name] for name in columns))
        .where(tasks.c.run_id == batch_id)
        .order_by(tasks.c.seq)
    )
    return [
        RowTask(
            row["id"],
            row["labels"].get(ROW, ""),
            row["operation"],
            Status(row["status"]),
            row["params"],
            row["outputs"],
            row["error"],
        )
        for row in readable_rows(connection.execute(statement).mappings().all())
    ]


def live_images(connection: Connection, batch_id: str) -> set[str]:
    """The IDs of the results of a batch that were not deleted."""
    statement = (
        select(assets.c.id)
        .join(tasks, assets.c.task_id == tasks.c.id)
        .where(tasks.c.run_id == batch_id, assets.c.deleted_at.is_(None))
    )
    return {str(asset_id) for asset_id in connection.execute(statement).scalars()}


def covers(connection: Connection, batch_ids: Sequence[str], number: int) -> dict[str, list[str]]:
    """The IDs of up to `number` images of each batch: its cards, else its drawings."""
    images: dict[str, list[str]] = {}
    for batch_id in batch_ids:
        newest = (
            select(assets.c.id)
            .join(tasks, assets.c.task_id == tasks.c.id)
            .where(tasks.c.run_id == batch_id, assets.c.deleted_at.is_(None))
            .order_by((tasks.c.operation == OVERLAY).desc(), tasks.c.seq)
            .limit(number)
        )
        images[batch_id] = [str(image) for image in connection.execute(newest).scalars()]
    return images
