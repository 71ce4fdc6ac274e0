"""Answers about sets: tables of rows with a template."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Response
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import ByStatus, File, documented
from core.sets.definition import SetDefinition

Definition = Annotated[
    SetDefinition,
    Field(
        examples=[
            {
                "name": "Zodiac",
                "description": "The twelve signs.",
                "csv_path": "rows.csv",
                "base_prompt": "zodiac emblem",
                "prompt_template": "{sign}, a sign of {element}",
                "style_suffix": "night sky",
                "example_theme": "stained glass",
            }
        ]
    ),
]
SetTable = Annotated[Response, File(("text/csv",), "The table, in UTF-8 and with commas.")]


@documented
class SetFault(TypedDict):
    """A fault of a table or a template."""

    level: Literal["error", "warning"]
    """An error prevents a run, a warning does not."""
    detail: str
    """The fault as a sentence."""
    row: int | None
    """Row as a spreadsheet numbers it: the header is row 1; null for the whole table."""
    column: str | None
    """Name of the column."""
    fix: str | None
    """The next action."""
    field: str | None
    """Dotted field of the definition that names what the table lacks; null for any other fault."""


@documented
class SetSection(TypedDict):
    """A part of a set's definition as a form."""

    field: str
    """Field of the definition that holds the part; empty for the definition itself."""
    title: str
    """Name, for people."""
    summary: str
    """Purpose of the part."""
    optional: bool
    """True where null stands for none, such as a set without cards."""
    schema: dict[str, JsonValue]
    """JSON schema: `properties` by field, with defaults, labels and controls."""


@documented
class SetForm(TypedDict):
    """The form of a set."""

    sections: list[SetSection]
    """Its sections, the definition's own fields first."""


@documented
class SetEntry(TypedDict):
    """A set of the list."""

    id: str
    """ID of the set."""
    name: str
    """Name of the set, for people."""
    description: str
    """Its contents."""
    own: bool
    """True for a set of the user's own, false for a shipped one."""
    rows: int
    """Number of its rows."""
    columns: list[str]
    """Columns of its table."""
    width: int | None
    """Width of its images in pixels; null: the model's own."""
    height: int | None
    """Height of its images in pixels; null: the model's own."""
    example_theme: str
    """A theme to start with."""
    errors: int
    """Number of faults that prevent a run."""
    warnings: int
    """Number of faults that do not."""
    unreadable: str | None
    """Reason why the set cannot be read; null where it can."""


@documented
class SetDetail(TypedDict):
    """A set with its definition and the faults of its table."""

    id: str
    """ID of the set."""
    own: bool
    """True for a set of the user's own, false for a shipped one."""
    definition: Definition
    """Its definition, as `set.yaml` holds it."""
    prompt_template: str
    """The template that is used: its own, or the one that was guessed from the columns."""
    item_name: str
    """The template of a row's name."""
    columns: list[str]
    """Columns of its table."""
    rows: int
    """Number of its rows."""
    encoding: str
    """Encoding of its table."""
    faults: list[SetFault]
    """Faults of definition, table and template."""
    table_url: str
    """Address of the table."""


PutSet = Annotated[
    SetDetail,
    ByStatus(
        {200: SetDetail, 201: SetDetail},
        {200: "Saved over the set of that name.", 201: "Saved under a new name."},
    ),
]


@documented
class SetRow(TypedDict):
    """A row with its final prompt."""

    number: int
    """Row as a spreadsheet numbers it."""
    key: str
    """Name of the row within the set."""
    prompt: str
    """The final prompt."""
    params: dict[str, JsonValue]
    """Parameters that the row sets for itself: negative prompt, seed, LoRAs, width, height."""
    card: dict[str, JsonValue] | None
    """Parameters of `overlay` for its card; null without one."""
    filename: str | None
    """Name of its file; null: the key."""


@documented
class SetPreview(TypedDict):
    """The rows of a set with a theme; nothing runs."""

    items: list[SetRow]
    """The rows, in the order of the table."""
    total: int
    """Number of rows."""
    columns: list[str]
    """Columns of the table."""
    prompt_template: str
    """The template that is used: its own, or the one that was guessed from the columns."""
    item_name: str
    """The template of a row's name."""
    faults: list[SetFault]
    """Faults of definition, table and template."""


@documented
class RandomTheme(TypedDict):
    """A random theme."""

    theme: str
    """The theme."""
    seed: int
    """The seed that yields it again."""


@documented
class StartedBatch(TypedDict):
    """A queued batch."""

    batch_id: str
    """ID of the batch."""
    task_ids: list[str]
    """Tasks that draw, in the order of the rows."""
    status_url: str
    """Address of the batch."""


@documented
class BatchEntry(TypedDict):
    """A batch of the list."""

    id: str
    """ID of the batch."""
    kind: Literal["set", "matrix"]
    """Origin of its rows: a table, or the values of parameters."""
    set_id: str
    """ID of its set."""
    name: str
    """Name of its set at that time."""
    theme: str
    """Theme of the user."""
    seed: int
    """Seed of the set, from which the rows derive theirs."""
    folder: str
    """Folder of its files in the output folder."""
    created_at: str
    """Time of its start, UTC, ISO 8601."""
    rows: int
    """Number of its rows."""
    states: dict[str, int]
    """Number of rows by state: `pending`, `held`, `running`, `completed`, `failed`, `cancelled`."""
    thumbnails: list[str]
    """Addresses of up to eight thumbnails of its images."""


@documented
class BatchImage(TypedDict):
    """An image of a row."""

    task_id: str
    """Task that drew it."""
    asset_id: str
    """ID of its asset."""
    url: str
    """Address of the file."""
    thumbnail_url: str
    """Address of the thumbnail, a WebP."""
    drawing: str
    """ID of the image below the card; its own where it has none."""


@documented
class BatchRowEntry(TypedDict):
    """A row of a batch."""

    key: str
    """Name of the row."""
    status: str
    """State of its newest task; `missing` where its tasks were cleared."""
    task_id: str | None
    """Its newest task."""
    prompt: str
    """Its final prompt."""
    seed: int | None
    """Seed of its newest task."""
    params: dict[str, JsonValue]
    """Parameters of its newest task, as resolved."""
    cell: dict[str, JsonValue]
    """Values of a cell of a matrix by the names of the axes; empty for a row of a set."""
    images: list[BatchImage]
    """Its images, oldest first: variants, where it was drawn more than once."""
    chosen: str | None
    """ID of the image that archives and prints take: the chosen or the newest; null: none."""
    error: dict[str, JsonValue] | None
    """Error of its newest task."""


@documented
class BatchAxis(TypedDict):
    """A parameter of a matrix and its values."""

    name: str
    """Name of the parameter, or `loras.NAME.weight`."""
    label: str
    """Its title."""
    values: list[JsonValue]
    """Its values."""


@documented
class BatchDetail(TypedDict):
    """A batch with its rows."""

    id: str
    """ID of the batch."""
    kind: Literal["set", "matrix"]
    """Origin of its rows: a table, or the values of parameters."""
    set_id: str
    """ID of its set."""
    name: str
    """Name of its set at that time."""
    theme: str
    """Theme of the user."""
    seed: int
    """Seed of the set, from which the rows derive theirs."""
    folder: str
    """Folder of its files in the output folder."""
    created_at: str
    """Time of its start, UTC, ISO 8601."""
    rows: int
    """Number of its rows."""
    states: dict[str, int]
    """Number of rows by state: `pending`, `held`, `running`, `completed`, `failed`, `cancelled`."""
    thumbnails: list[str]
    """Addresses of up to eight thumbnails of its images."""
    unfinished: int
    """Number of tasks that have not ended, those that write files included."""
    params: dict[str, JsonValue]
    """Parameters of every row."""
    print: dict[str, JsonValue]
    """Print settings of its set, as far as they differ from the defaults."""
    axes: list[BatchAxis]
    """Axes of a matrix, of which the last one counts fastest; empty for a set."""
    items: list[BatchRowEntry]
    """The rows, in the order of the table."""


@documented
class RowHarmony(TypedDict):
    """The image of a row in its deck."""

    key: str
    """Name of the row."""
    asset_id: str
    """ID of its image."""
    style: float
    """Likeness of its style to the deck, 0 to 100."""
    distinctness: float
    """Difference of its subject from the nearest other, 0 to 100."""
    nearest: str | None
    """Name of the row with the likest subject."""
    outlier: bool
    """True where it should be drawn again."""
    reasons: list[Literal["style", "duplicate"]]
    """Another style than the deck, or the subject of another row."""


@documented
class DeckHarmony(TypedDict):
    """Style and subjects of the images of a batch."""

    score: float | None
    """Geometric mean of style and distinctness, 0 to 100; null without two images."""
    style: float | None
    """Mean likeness of the images to the style of the deck, 0 to 100."""
    distinctness: float | None
    """Mean difference of the subjects, 0 to 100."""
    measured: int
    """Number of measured images."""
    method: str
    """Source of the figures."""
    items: list[RowHarmony]
    """Rows with an image, in the order of the batch."""


@documented
class ComparedSubjects(TypedDict):
    """A comparison of the subjects of a batch."""

    task_id: str | None
    """ID of the task that compares them; null where no metric network is at hand."""
    status_url: str | None
    """Address of the task."""
    method: str
    """Source of the figures."""


@documented
class ChangedRows(TypedDict):
    """The outcome of an action on a batch."""

    changed: int
    """Number of rows that changed."""


OutputFile = Annotated[Response, File(("*/*",), "A file of the output folder.")]
