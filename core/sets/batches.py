"""Batches: the rows of a set as tasks of the queue, each with a task that writes its file.

The queue does the rest: a batch survives a restart and continues at the row, because its tasks do.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from core.errors import Conflict, InvalidInput, NotFound
from core.identifiers import new_id
from core.operations.declaration.fields import SEED_MAX
from core.sets import faults
from core.sets.batch import (
    FOLLOWING,
    LABEL,
    OVERLAY,
    ROW,
    SAVE,
    Batch,
    RowTask,
    find_batch,
    insert_batch,
    newest_batches,
    row_states,
    row_tasks,
)
from core.sets.catalogue import SetCatalogue
from core.sets.definition import SetDefinition
from core.sets.reading import SavedSet
from core.sets.rows import SetRow, overlay_params, row_seed
from core.store.database import Database
from core.suggestion import suggest
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.request_key import RequestKey
from core.tasks.states import Priority, Status
from core.tasks.submission import Options, Request, Submission
from core.tasks.task import Task

_SHARED = ("negative_prompt", "width", "height", "model")


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A set to run. `params` replace those of the set; `rows` are keys, none stands for all."""

    set_name: str
    theme: str = ""
    rows: Sequence[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartedBatch:
    """A queued batch, and the IDs of the tasks that draw, in the order of the rows."""

    batch: Batch
    task_ids: list[str]


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

    async def start(self, request: BatchRequest, key: RequestKey | None = None) -> StartedBatch:
        """Queue every row of a set, all or none.

        Raises `NotFound`, and `InvalidInput` for a table with errors and for every error of a
        submission.
        """
        saved = await asyncio.to_thread(self._catalogue.get, request.set_name)
        filled = await asyncio.to_thread(saved.filled, request.theme)
        faults.check(filled.faults)
        rows = _chosen(filled.rows, request.rows)
        batch = _batch(saved, request, rows)
        definition = saved.definition
        params = [_params(batch, definition, row) for row in rows]
        cards = [overlay_params(definition, row) for row in rows]
        tasks = await self._prepare(batch, rows, params, cards, key)
        await self._database.write(lambda connection: insert_batch(connection, batch))
        stored = await self._queue.add(tasks, key)
        drawn = [task for task in stored if task.operation not in FOLLOWING]
        if drawn and drawn[0].run_id not in (None, batch.id):  # a repeated request
            batch = await self.get(str(drawn[0].run_id))
        return StartedBatch(batch, [task.id for task in drawn])

    async def get(self, batch_id: str) -> Batch:
        """A batch by its ID. Raises `NotFound`."""
        batch = await self._database.read(lambda connection: find_batch(connection, batch_id))
        if batch is None:
            raise NotFound(f"There is no batch {batch_id[:80]!r}.", fix="See the list of batches.")
        return batch

    async def tasks(self, batch_id: str) -> dict[str, list[RowTask]]:
        """The tasks of each row of a batch, oldest first: those that draw it, and its cards.

        Raises `NotFound`.
        """
        batch = await self.get(batch_id)
        drawn = await self._database.read(lambda connection: row_tasks(connection, batch_id))
        by_row: dict[str, list[RowTask]] = {key: [] for key in batch.rows}
        for task in drawn:
            by_row.setdefault(task.row, []).append(task)
        return by_row

    async def page(
        self, limit: int, before: str | None
    ) -> tuple[list[tuple[Batch, dict[str, int]]], int]:
        """Batches, newest first, each with the number of its rows by state; and the total."""
        batches, total = await self._database.read(
            lambda connection: newest_batches(connection, limit, before)
        )
        ids = [batch.id for batch in batches]
        states = await self._database.read(lambda connection: row_states(connection, ids))
        return [(batch, states[batch.id]) for batch in batches], total

    async def states(self, batch_id: str) -> dict[str, int]:
        """The number of rows of a batch by state."""
        return (await self._database.read(lambda c: row_states(c, [batch_id])))[batch_id]

    async def unfinished(self, batch_id: str) -> int:
        """The number of tasks that have not ended, those that write files included."""
        waiting = [Status.PENDING, Status.HELD, Status.RUNNING]
        return (await self._queue.page(TaskFilter(waiting, run_id=batch_id), 1)).total

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
        by_row = await self.tasks(batch_id)
        params, cards = [], []
        for key in keys:
            drawn = [task for task in by_row.get(key, ()) if task.operation != OVERLAY]
            if not drawn:
                near = suggest(key, by_row) or "See the rows of the batch."
                raise InvalidInput(f"The batch has no row {key[:80]!r}.", field="rows", fix=near)
            if drawn[-1].status in (Status.PENDING, Status.HELD, Status.RUNNING):
                raise Conflict(f"The row {key!r} is still drawn.", fix="Wait until it has ended.")
            seed = row_seed(int(drawn[0].params.get("seed") or 0), f"{key}/{len(drawn)}")
            params.append({**drawn[0].params, "seed": seed})
            cards.append(_card_of(by_row[key]))
        rows = [SetRow(0, key, "", {}) for key in keys]
        tasks = await self._prepare(batch, rows, params, cards)
        stored = await self._queue.add(tasks)
        return [task.id for task in stored if task.operation not in FOLLOWING]

    async def _filter(self, batch_id: str) -> TaskFilter:
        return TaskFilter(run_id=(await self.get(batch_id)).id)

    async def _prepare(
        self,
        batch: Batch,
        rows: Sequence[SetRow],
        params: Sequence[Mapping[str, Any]],
        cards: Sequence[Mapping[str, Any] | None],
        key: RequestKey | None = None,
    ) -> list[Task]:
        """A task that draws, one for the card where it has one, and one that writes the file."""
        drawing = [
            Request(values, _options(batch, row.key, key))
            for row, values in zip(rows, params, strict=True)
        ]
        drawn = await self._submission.prepare_many(batch.operation, drawing)
        laying = [
            Request({**card, "image": _image_of(task)}, _following(batch, row.key, key, "card:"))
            for row, task, card in zip(rows, drawn, cards, strict=True)
            if card is not None
        ]
        laid = await self._submission.prepare_many(OVERLAY, laying) if laying else []
        results = {str(task.labels[ROW]): task for task in [*drawn, *laid]}
        stamp = batch.folder.rpartition("_")[2]
        writing = [
            Request(
                {
                    "image": _image_of(results[row.key]),
                    "file_name": f"{batch.folder}/{stamp}_{row.filename or row.key}",
                    "sidecar": True,
                },
                _following(batch, row.key, key, "file:"),
            )
            for row in rows
        ]
        written = await self._submission.prepare_many(SAVE, writing)
        return [*drawn, *laid, *written]


def _options(batch: Batch, row: str, key: RequestKey | None, part: str = "") -> Options:
    return Options(
        priority=Priority.BATCH,
        labels={LABEL: batch.id, ROW: row},
        run_id=batch.id,
        brick_id=row,
        idempotency_key=f"{key.key}:{part}{row}" if key else None,
    )


def _following(batch: Batch, row: str, key: RequestKey | None, part: str) -> Options:
    """The options of a task that takes the image of a row's drawing."""
    return replace(_options(batch, row, key, part), brick_id=None)


def _image_of(task: Task) -> dict[str, str]:
    return {"task": task.id, "port": "image"}


def _card_of(tasks: Iterable[RowTask]) -> dict[str, Any] | None:
    """The parameters of the card of a row, without its image."""
    cards = [task.params for task in tasks if task.operation == OVERLAY]
    return {name: value for name, value in cards[-1].items() if name != "image"} if cards else None


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
