"""The rows of a batch as their tasks left them: states, variants and the chosen one."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.sets.batch import OVERLAY, SAVE, Batch, RowTask, cell_of


@dataclass(frozen=True, slots=True)
class Variant:
    """An image of a row.

    `asset_id` is that of the card where the row has one, `drawn_id` that of the image below.
    `file_name` is the name of its file without folder: as written, or as planned with `.png`.
    """

    asset_id: str
    drawn_id: str
    task_id: str
    file_name: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seed(self) -> int | None:
        """The seed of its task."""
        seed = self.params.get("seed")
        return seed if isinstance(seed, int) else None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A row of a batch. `tasks` are those that draw it, `variants` its images, oldest first.

    `card`: parameters of `overlay` without the image; None for a row without a card.
    `file_name`: planned name of its file, without folder and ending. `cell`: values of a cell of a
    matrix, by the names of its axes.
    """

    key: str
    tasks: Sequence[RowTask]
    variants: Sequence[Variant]
    chosen_id: str | None
    file_name: str
    card: Mapping[str, Any] | None = None
    cell: Mapping[str, Any] = field(default_factory=dict)

    @property
    def newest(self) -> RowTask | None:
        """The newest task that draws the row; None where its tasks were cleared."""
        return self.tasks[-1] if self.tasks else None

    @property
    def chosen(self) -> Variant | None:
        """The chosen variant, or the newest; None for a row without an image."""
        by_id = {variant.asset_id: variant for variant in self.variants}
        newest = self.variants[-1] if self.variants else None
        return by_id.get(self.chosen_id or "", newest)


def rows_of(batch: Batch, tasks: Sequence[RowTask], live: Container[str]) -> list[BatchRow]:
    """The rows in the order of the batch.

    `tasks` are all of its tasks, oldest first; `live` are the IDs of images that were not deleted.
    """
    by_row: dict[str, list[RowTask]] = {key: [] for key in batch.rows}
    for task in tasks:
        by_row.setdefault(task.row, []).append(task)
    rows = [_row(batch, key, of_row, live) for key, of_row in by_row.items()]
    if not batch.axes:
        return rows
    return [replace(row, cell=cell_of(batch.axes, number)) for number, row in enumerate(rows)]


def _row(batch: Batch, key: str, tasks: Sequence[RowTask], live: Container[str]) -> BatchRow:
    cards = [task for task in tasks if task.operation == OVERLAY]
    files = [task for task in tasks if task.operation == SAVE]
    drawn = [task for task in tasks if task.operation not in (OVERLAY, SAVE)]
    planned = _planned_name(files, key).removeprefix(f"{batch.stamp}_")
    below = {card: image for task in cards for image, card in _made(task, "asset_id")}
    above = {image: card for card, image in below.items()}
    written = {image: path for task in files for image, path in _made(task, "value")}
    variants = []
    for task in drawn:
        for output in task.outputs:
            drawn_id = str(output.get("asset_id"))
            asset_id = above.get(drawn_id, "") if cards else drawn_id
            if asset_id in live:
                path = str(written.get(asset_id) or f"{batch.stamp}_{planned}.png")
                name = path.rpartition("/")[2]
                variants.append(Variant(asset_id, drawn_id, task.id, name, task.params))
    card = {k: v for k, v in cards[-1].params.items() if k != "image"} if cards else None
    return BatchRow(key, drawn, variants, batch.choices.get(key), planned, card)


def _made(task: RowTask, name: str) -> Iterator[tuple[str, Any]]:
    """Pairs of an input image and the output that was made of it."""
    images = task.params.get("image")
    made = [output[name] for output in task.outputs if output.get(name)]
    yield from zip(images if isinstance(images, list) else [images], made, strict=False)


def _planned_name(files: Sequence[RowTask], key: str) -> str:
    path = files[0].params.get("file_name") if files else None
    return str(path or key).rpartition("/")[2]
