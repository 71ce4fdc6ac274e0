"""The tasks of rows: one that draws, one for the card, and one that writes the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.sets.batch import LABEL, OVERLAY, ROW, SAVE, Batch
from core.tasks.request_key import RequestKey
from core.tasks.states import Priority
from core.tasks.submission import Options, Request, Submission
from core.tasks.task import Task


@dataclass(frozen=True, slots=True)
class RowPlan:
    """A row to draw. `params` are those of the operation of its batch.

    `card`: parameters of `overlay` without the image; None for an image without a card.
    `file_name` has no folder and no ending.
    """

    key: str
    params: Mapping[str, Any]
    file_name: str
    card: Mapping[str, Any] | None = None


async def prepare_rows(
    submission: Submission, batch: Batch, rows: Sequence[RowPlan], key: RequestKey | None = None
) -> list[Task]:
    """The tasks of the rows, none stored: those that draw first, then cards, then files.

    Raises as `Submission.prepare_many` does.
    """
    drawing = [Request(row.params, _options(batch, row.key, key)) for row in rows]
    drawn = await submission.prepare_many(batch.operation, drawing)
    laying = [
        Request({**row.card, "image": _image_of(task)}, _following(batch, row.key, key, "card:"))
        for row, task in zip(rows, drawn, strict=True)
        if row.card is not None
    ]
    laid = await submission.prepare_many(OVERLAY, laying) if laying else []
    results = {str(task.labels[ROW]): task for task in [*drawn, *laid]}
    writing = [
        Request(
            {
                "image": _image_of(results[row.key]),
                "file_name": f"{batch.folder}/{batch.stamp}_{row.file_name}",
                "sidecar": True,
            },
            _following(batch, row.key, key, "file:"),
        )
        for row in rows
    ]
    written = await submission.prepare_many(SAVE, writing)
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
