"""Batches: the rows of a set as tasks of the queue, each with a task that writes its file.

The queue does the rest: a batch survives a restart and continues at the row, because its tasks do.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.errors import Conflict, InvalidInput, NotFound
from core.identifiers import new_id
from core.operations.declaration.fields import SEED_MAX
from core.sets import faults
from core.sets.batch import (
    FOLLOWING,
    Batch,
    choose,
    covers,
    find_batch,
    insert_batch,
    live_images,
    newest_batches,
    row_states,
    row_tasks,
)
from core.sets.batch_rows import BatchRow, rows_of
from core.sets.catalogue import SetCatalogue
from core.sets.definition import Policy, SetDefinition, SetOverlay
from core.sets.reading import SavedSet
from core.sets.row_tasks import RowPlan, prepare_rows
from core.sets.rows import SetRow, overlay_params, row_seed
from core.store.database import Database
from core.suggestion import suggest
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.request_key import RequestKey
from core.tasks.states import ENDED, Status
from core.tasks.submission import Submission
from core.tasks.task import Task

_SHARED = ("negative_prompt", "width", "height", "model")


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A set to run. `params` replace those of the set; `rows` are keys, none stands for all.

    `overlay` replaces the card of the set: False for none, True for the set's own.
    """

    set_name: str
    theme: str = ""
    rows: Sequence[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    overlay: SetOverlay | bool = True
    seed_policy: Policy | None = None

    def applied(self, definition: SetDefinition) -> SetDefinition:
        """The definition of the set with what the request replaces."""
        changes: dict[str, Any] = {}
        if self.overlay is not True:
            changes["overlay"] = self.overlay or None
        if self.seed_policy:
            changes["seed"] = definition.seed.model_copy(update={"policy": self.seed_policy})
        return definition.model_copy(update=changes)


@dataclass(frozen=True, slots=True)
class StartedBatch:
    """A queued batch, and the IDs of the tasks that draw, in the order of the rows."""

    batch: Batch
    task_ids: list[str]


@dataclass(frozen=True, slots=True)
class BatchState:
    """A batch at one moment.

    `states` is the number of rows by state, `unfinished` that of the tasks that have not ended,
    those that write files included; `covers` are the IDs of its first images.
    """

    batch: Batch
    rows: list[BatchRow]
    states: dict[str, int]
    unfinished: int
    covers: list[str]


class Batches:
    """Run sets, and act on all rows of a run."""

    def __init__(
        self,
        catalogue: SetCatalogue,
        submission: Submission,
        queue: Queue,
        database: Database,
    ) -> None:
        self._catalogue = catalogue
        self._submission = submission
        self._queue = queue
        self._database = database
        self._folders: Counter[str] = Counter()

    async def start(self, request: BatchRequest, key: RequestKey | None = None) -> StartedBatch:
        """Queue every row of a set, all or none.

        Raises `NotFound`, and `InvalidInput` for a table with errors and for every error of a
        submission.
        """
        saved = await asyncio.to_thread(self._catalogue.get, request.set_name)
        saved = replace(saved, definition=request.applied(saved.definition))
        filled = await asyncio.to_thread(saved.filled, request.theme)
        faults.check(filled.faults)
        rows = _chosen(filled.rows, request.rows)
        batch = _batch(saved, request, rows)
        definition = saved.definition
        plans = [
            RowPlan(
                row.key,
                _params(batch, definition, row),
                row.filename or row.key,
                overlay_params(definition, row),
            )
            for row in rows
        ]
        return await self.submit(batch, plans, key)

    async def submit(
        self, batch: Batch, plans: Sequence[RowPlan], key: RequestKey | None = None
    ) -> StartedBatch:
        """Queue the rows of a new batch, all or none. Raises as `Submission.prepare_many`."""
        batch = replace(batch, folder=self._own_folder(batch.folder))
        tasks = await prepare_rows(self._submission, batch, plans, key)
        await self._database.write(lambda connection: insert_batch(connection, batch))
        stored = await self._queue.add(tasks, key)
        drawn = [task for task in stored if task.operation not in FOLLOWING]
        if drawn and drawn[0].run_id not in (None, batch.id):  # a repeated request
            batch = await self.get(str(drawn[0].run_id))
        return StartedBatch(batch, [task.id for task in drawn])

    def _own_folder(self, folder: str) -> str:
        """The folder, with a number where another batch of the same second has it."""
        if not any(other.endswith(folder.rpartition("_")[2]) for other in self._folders):
            self._folders.clear()
        self._folders[folder] += 1
        number = self._folders[folder]
        return folder if number == 1 else f"{folder}-{number}"

    async def get(self, batch_id: str) -> Batch:
        """A batch by its ID. Raises `NotFound`."""
        return await self._database.read(lambda connection: _get(connection, batch_id))

    async def state(self, batch_id: str, images: int = 0) -> BatchState:
        """A batch with its rows and up to `images` covers, all of one moment. Raises `NotFound`."""
        return await self._database.read(lambda c: _state(c, batch_id, images))

    async def rows(self, batch_id: str) -> list[BatchRow]:
        """The rows of a batch in its order. Raises `NotFound`."""
        return (await self.state(batch_id)).rows

    async def row(self, batch_id: str, key: str) -> BatchRow:
        """One row of a batch. Raises `NotFound`."""
        rows = {row.key: row for row in await self.rows(batch_id)}
        if key not in rows:
            fix = suggest(key[:80], rows) or "See the rows of the batch."
            raise NotFound(f"The batch has no row {key[:80]!r}.", field="key", fix=fix)
        return rows[key]

    async def choose(self, batch_id: str, key: str, asset_id: str | None) -> BatchRow:
        """Choose a variant of a row; None: the newest. Raises `NotFound`, `InvalidInput`."""
        row = await self.row(batch_id, key)
        if asset_id is not None and asset_id not in {v.asset_id for v in row.variants}:
            raise InvalidInput(
                f"The row {key!r} has no image {asset_id[:80]!r}.",
                field="asset_id",
                fix="Choose one of the images that the batch lists for the row.",
            )
        await self._database.write(lambda c: choose(c, batch_id, key, asset_id))
        return await self.row(batch_id, key)

    async def page(
        self, limit: int, before: str | None, images: int = 0
    ) -> tuple[list[tuple[Batch, dict[str, int], list[str]]], int]:
        """Batches, newest first, and the number of all.

        Each with the number of its rows by state, and the IDs of up to `images` covers.
        """

        def read(
            connection: Connection,
        ) -> tuple[list[tuple[Batch, dict[str, int], list[str]]], int]:
            batches, total = newest_batches(connection, limit, before)
            ids = [batch.id for batch in batches]
            states, shown = row_states(connection, ids), covers(connection, ids, images)
            return [(batch, states[batch.id], shown[batch.id]) for batch in batches], total

        return await self._database.read(read)

    async def pause(self, batch_id: str) -> int:
        """Hold the rows that have not started; return their number. Raises `NotFound`."""
        return _drawing(await self._queue.hold_all(await self._filter(batch_id)))

    async def resume(self, batch_id: str) -> int:
        """Let the held rows go on; return their number. Raises `NotFound`."""
        return _drawing(await self._queue.lift_holds(await self._filter(batch_id)))

    async def cancel(self, batch_id: str) -> int:
        """Cancel the rows that have not ended; return their number. Raises `NotFound`."""
        return _drawing(await self._queue.cancel_all(await self._filter(batch_id)))

    async def retry(self, batch_id: str) -> int:
        """Queue the failed rows again, with the same seeds; return their number."""
        return _drawing(await self._queue.retry_all(await self._filter(batch_id)))

    async def redo(self, batch_id: str, keys: Sequence[str]) -> list[str]:
        """Draw rows once more with new seeds, as variants; return the IDs of the tasks.

        Raises `NotFound`, `InvalidInput` for an unknown row, `Conflict` for one that has not ended.
        """
        batch = await self.get(batch_id)
        rows = {row.key: row for row in await self.rows(batch_id)}
        plans = []
        for key in keys:
            row = rows.get(key)
            if row is None or row.newest is None:
                near = suggest(key[:80], rows) or "See the rows of the batch."
                raise InvalidInput(f"The batch has no row {key[:80]!r}.", field="rows", fix=near)
            if row.newest.status in (Status.PENDING, Status.HELD, Status.RUNNING):
                raise Conflict(f"The row {key!r} is still drawn.", fix="Wait until it has ended.")
            params = row.tasks[0].params
            seed = row_seed(int(params.get("seed") or 0), f"{key}/{len(row.tasks)}")
            plans.append(RowPlan(key, {**params, "seed": seed}, row.file_name, row.card))
        tasks = await prepare_rows(self._submission, batch, plans)
        stored = await self._queue.add(tasks)
        return [task.id for task in stored if task.operation not in FOLLOWING]

    async def _filter(self, batch_id: str) -> TaskFilter:
        return TaskFilter(run_id=(await self.get(batch_id)).id)


def _get(connection: Connection, batch_id: str) -> Batch:
    batch = find_batch(connection, batch_id)
    if batch is None:
        raise NotFound(f"There is no batch {batch_id[:80]!r}.", fix="See the list of batches.")
    return batch


def _state(connection: Connection, batch_id: str, images: int) -> BatchState:
    """A batch as one connection reads it. Raises `NotFound`."""
    batch, tasks = _get(connection, batch_id), row_tasks(connection, batch_id)
    return BatchState(
        batch,
        rows_of(batch, tasks, live_images(connection, batch_id)),
        row_states(connection, [batch_id])[batch_id],
        sum(task.status not in ENDED for task in tasks),
        covers(connection, [batch_id], images)[batch_id],
    )


def _chosen(rows: Sequence[SetRow], keys: Sequence[str]) -> list[SetRow]:
    """The rows of the given keys, in the order of the table. Raises `InvalidInput`."""
    by_key = {row.key: row for row in rows}
    for key in keys:
        if key not in by_key:
            near = suggest(key[:80], by_key) or "See the preview of the set."
            raise InvalidInput(f"The set has no row {key[:80]!r}.", field="rows", fix=near)
    return [row for row in rows if not keys or row.key in set(keys)]


def _batch(saved: SavedSet, request: BatchRequest, rows: Iterable[SetRow]) -> Batch:
    definition = saved.definition
    shared = {name: getattr(definition, name) for name in _SHARED if getattr(definition, name)}
    if definition.loras:
        shared["loras"] = [lora.model_dump() for lora in definition.loras]
    params = {**shared, **request.params}
    seed = params.pop("seed", None)
    seed = definition.seed.value if seed is None else seed
    if seed is None:
        seed = secrets.randbelow(SEED_MAX + 1)
    if not isinstance(seed, int) or not 0 <= seed <= SEED_MAX:
        detail = f"A seed is a whole number from 0 to {SEED_MAX}."
        raise InvalidInput(detail, field="seed", fix="Leave it out for a random one.")
    now = datetime.now().astimezone()
    return Batch(
        id=new_id(),
        set_id=saved.id,
        name=definition.name,
        operation=definition.mode,
        theme=request.theme,
        seed=seed,
        folder=f"{saved.id}_{now:%Y%m%d-%H%M%S}",
        rows=[row.key for row in rows],
        params=params,
        print=definition.print.model_dump(exclude_defaults=True),
    )


def _params(batch: Batch, definition: SetDefinition, row: SetRow) -> dict[str, Any]:
    """The parameters of a row: of the batch, then its own."""
    policy = definition.seed.policy
    seed = row_seed(batch.seed, row.key) if policy == "derived" else batch.seed
    if policy == "random":
        seed = secrets.randbelow(SEED_MAX + 1)
    image = {"image": row.cells[definition.image_column]} if batch.operation == "img2img" else {}
    return {**batch.params, **image, "prompt": row.prompt, "seed": seed, **row.params}


def _drawing(changed: Iterable[Task]) -> int:
    """The number of rows among changed tasks."""
    return len({task.id for task in changed if task.operation not in FOLLOWING})
