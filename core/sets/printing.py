"""Prints of batches: a PDF of cards, or a contact sheet, as tasks of the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, ValidationError

from core.errors import Conflict, InvalidInput
from core.operations.print_cards import PRINT_MAX
from core.pictures.cards.layout import CardLayout, layouts
from core.pictures.printing.paper import CARDS
from core.sets.batch import LABEL, OVERLAY, Batch
from core.sets.batch_rows import BatchRow
from core.sets.batches import Batches
from core.sets.print_settings import PrintSettings
from core.sets.sheet_labels import sheet_labels
from core.suggestion import suggest
from core.tasks.queue import Queue
from core.tasks.submission import Options, Request, Submission
from core.tasks.task import Task

DEFAULT_CARD = "poker"


class PrintOptions(PrintSettings):
    """The form of a print, and the rows that it takes."""

    format: Literal["cards", "contact_sheet", "contact_sheet_pdf"] = Field(
        "cards", description="A PDF of cards, or a contact sheet as PNG or PDF."
    )
    rows: list[str] = Field(
        default_factory=list, max_length=10_000, description="Keys of rows; empty: all."
    )

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> PrintOptions:
        """The options of a mapping. Raises `InvalidInput` for the first that is wrong."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            field = ".".join(map(str, fault["loc"]))
            raise InvalidInput(f"{field}: {fault['msg']}.", field=field) from error


class BatchPrints:
    """Print batches: the chosen image of each row."""

    def __init__(self, batches: Batches, submission: Submission, queue: Queue) -> None:
        self._batches = batches
        self._submission = submission
        self._queue = queue

    async def start(self, batch_id: str, options: PrintOptions) -> Task:
        """Queue a print; return the task whose output is the file.

        Options that the request leaves out are those of the batch's set. A row whose image has a
        card is drawn anew with bleed and at the resolution of the print. Raises `NotFound`,
        `Conflict` for a batch without an image, and `InvalidInput`.
        """
        batch = await self._batches.get(batch_id)
        options = PrintOptions.read({**batch.print, **options.model_dump(exclude_unset=True)})
        rows = _chosen(await self._batches.rows(batch_id), options.rows)
        if not any(row.chosen for row in rows):
            raise Conflict("No row has an image yet.", fix="Wait for the first row, or run it.")
        if len(rows) > PRINT_MAX:
            detail = f"There are {len(rows)} rows; a print has at most {PRINT_MAX}."
            raise InvalidInput(detail, field="rows", fix="Print the rows in several parts.")
        if options.format == "cards":
            tasks = await self._cards(batch, rows, options)
        else:
            tasks = [await self._contact_sheet(batch, rows, options)]
        return (await self._queue.add(tasks))[-1]

    async def _cards(
        self, batch: Batch, rows: Sequence[BatchRow], options: PrintOptions
    ) -> list[Task]:
        drawn = [(row, row.chosen) for row in rows if row.chosen]
        layout = await asyncio.to_thread(_layout, [row for row, _ in drawn])
        requests = [
            Request(
                {**(row.card or {}), "image": image.drawn_id, "bleed": True, "dpi": options.dpi},
                _options(batch),
            )
            for row, image in drawn
        ]
        cards = await self._submission.prepare_many(OVERLAY, requests) if layout else []
        images: list[Any] = [{"task": card.id, "port": "image"} for card in cards]
        params = {
            "images": images or [image.asset_id for _, image in drawn],
            "back": options.back,
            "image_bleed_mm": layout.bleed if layout else 0,
            "document_title": batch.name,
            **_card_size(options, layout),
            **options.model_dump(include={"paper", "bleed_mm", "crop_marks", "dpi", "flip"}),
        }
        return [*cards, await self._submission.prepare("print_cards", params, _options(batch))]

    async def _contact_sheet(
        self, batch: Batch, rows: Sequence[BatchRow], options: PrintOptions
    ) -> Task:
        shown = [(place, row.chosen) for place, row in enumerate(rows) if row.chosen]
        pdf = options.format == "contact_sheet_pdf"
        params: dict[str, Any] = {
            "images": [image.asset_id for _, image in shown],
            "places": [place for place, _ in shown],
            "format": "pdf" if pdf else "png",
            **({"paper": options.paper, "dpi": options.dpi} if pdf else {}),
            **sheet_labels(batch, rows, options.columns),
        }
        return await self._submission.prepare("contact_sheet", params, _options(batch))


def _options(batch: Batch) -> Options:
    """The options of a task that belongs to a batch and is none of its rows."""
    return Options(labels={LABEL: batch.id}, cache=True)


def _chosen(rows: Sequence[BatchRow], keys: Sequence[str]) -> list[BatchRow]:
    by_key = {row.key: row for row in rows}
    for key in keys:
        if key not in by_key:
            near = suggest(key[:80], by_key) or "See the rows of the batch."
            raise InvalidInput(f"The batch has no row {key[:80]!r}.", field="rows", fix=near)
    return [row for row in rows if not keys or row.key in set(keys)]


def _layout(rows: Sequence[BatchRow]) -> CardLayout | None:
    """The layout of the cards of rows; None unless all have a card."""
    names = [row.card.get("layout") if row.card else None for row in rows]
    return layouts().get(str(names[0])) if all(names) else None


def _card_size(options: PrintOptions, layout: CardLayout | None) -> Mapping[str, Any]:
    if options.card == "custom":
        if options.width_mm is None or options.height_mm is None:
            field = "height_mm" if options.width_mm else "width_mm"
            raise InvalidInput(
                "A custom card needs a width and a height.", field=field, fix="Give both in mm."
            )
        return {"card": "custom", "width_mm": options.width_mm, "height_mm": options.height_mm}
    if options.card != "auto":
        return {"card": options.card}
    if layout is None:
        return {"card": DEFAULT_CARD}
    size = (layout.width, layout.height)
    known = [name for name, millimetres in CARDS.items() if millimetres == size]
    if known:
        return {"card": known[0]}
    return {"card": "custom", "width_mm": layout.width, "height_mm": layout.height}
