"""The rows of a set, ready to run: key, prompt, and what the row sets for itself."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.operations.declaration.fields import SEED_MAX
from core.pictures.names import BadName, check_template
from core.sets import template
from core.sets.definition import OVERLAY_TEXTS, SetDefinition
from core.sets.faults import Fault, error, warning
from core.sets.table import Table, TableRow

PROMPT_MAX = 10_000  # characters
ROW_FIELDS = ("negative_prompt", "seed", "loras", "width", "height", "filename")
_SIZES = range(64, 2049)
_WEIGHT = re.compile(r"(?P<name>.+?)(?::(?P<weight>[-+]?[\d.]+))?")


@dataclass(frozen=True, slots=True)
class SetRow:
    """A row of a set. `key` names it within the set, `params` are those of its operation.

    `filename` has no ending; None: the key.
    """

    number: int
    key: str
    prompt: str
    cells: Mapping[str, str]
    params: Mapping[str, Any] = field(default_factory=dict)
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class FilledSet:
    """All rows of a set with a theme, and the faults of its table and template."""

    rows: tuple[SetRow, ...]
    faults: tuple[Fault, ...]
    template: str
    item_name: str


def fill_set(definition: SetDefinition, table: Table, theme: str = "") -> FilledSet:
    """Every row with its final prompt. Rows with an error are left out; the error is listed."""
    reserved = {*ROW_FIELDS, *([definition.image_column] if definition.mode == "img2img" else [])}
    prompt_template = definition.prompt_template or template.guess(table.columns, reserved)
    item_name = definition.item_name or template.item_name(
        name for name in table.columns if name.casefold() not in reserved
    )
    faults = list(table.faults)
    if table.columns:
        faults += template.faults_of(prompt_template, table.columns, "prompt_template")
        if definition.item_name:
            faults += template.faults_of(item_name, table.columns, "item_name")
        faults += _image_faults(definition, table)
    rows = []
    for row in table.rows:
        prompt = compose(definition, theme, template.fill(prompt_template, row.cells))
        key = slug(template.fill(item_name, row.cells)) or f"row-{row.number}"
        params, filename, row_faults = _row_fields(row)
        if len(prompt) > PROMPT_MAX:
            detail = f"The prompt has {len(prompt)} characters; {PROMPT_MAX} are allowed."
            row_faults.append(error(detail, row.number, fix="Shorten its cells."))
        faults += row_faults
        rows.append(SetRow(row.number, key, prompt, row.cells, params, filename))
    for name in OVERLAY_TEXTS if definition.overlay else ():
        text = getattr(definition.overlay, name)
        if table.columns and template.columns_of(text):
            faults += template.faults_of(text, table.columns, f"overlay.{name}")
    faults += _duplicates(rows)
    return FilledSet(tuple(rows), tuple(faults), prompt_template, item_name)


def compose(definition: SetDefinition, theme: str, filled: str) -> str:
    """The prompt of a row: base prompt, theme, filled template and suffix, as sentences."""
    parts = (definition.base_prompt, theme, filled, definition.style_suffix)
    texts = (" ".join(part.split()).rstrip(" .,;") for part in parts)
    return ". ".join(text for text in texts if text)


def overlay_params(definition: SetDefinition, row: SetRow) -> dict[str, Any] | None:
    """The parameters of `overlay` for a row; None for a set without one."""
    if definition.overlay is None:
        return None
    params = definition.overlay.model_dump()
    return {**params, **{name: template.fill(params[name], row.cells) for name in OVERLAY_TEXTS}}


def row_seed(seed: int, key: str) -> int:
    """The seed of a row, derived from the seed of the set and the row's key; 0 to `SEED_MAX`.

    It depends on no other row, so that a row redone alone is the same image.
    """
    digest = hashlib.sha256(f"{seed}\0{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % (SEED_MAX + 1)


def slug(text: str) -> str:
    """A text as a name for files and addresses: `Queen of Hearts` is `queen-of-hearts`."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return "-".join(re.findall(r"[^\W_]+", letters))[:80].strip("-")


def _image_faults(definition: SetDefinition, table: Table) -> list[Fault]:
    """The images that the rows of an img2img set lack."""
    if definition.mode != "img2img":
        return []
    column = definition.image_column
    if column not in table.columns:
        fix = f"Add a column {column!r} with the id of an image."
        detail = "The set draws from images, and no column names them."
        return [error(detail, 1, column, fix, "image_column")]
    return [
        error("The row names no image.", row.number, column, "Put the id of an image there.")
        for row in table.rows
        if not row.cells[column]
    ]


def _row_fields(row: TableRow) -> tuple[dict[str, Any], str | None, list[Fault]]:
    """Parameters that a row sets for itself, the name of its file, and the faults of both."""
    cells = {name.casefold(): (name, cell) for name, cell in row.cells.items() if cell}
    params: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, read in _READERS.items():
        if name not in cells:
            continue
        column, cell = cells[name]
        try:
            params[name] = read(cell)
        except ValueError as wrong:
            faults.append(error(str(wrong), row.number, column))
    filename = params.pop("filename", None)
    return params, filename, faults


def _seed(cell: str) -> int:
    if not cell.isascii() or not cell.isdigit() or int(cell[:12]) > SEED_MAX or len(cell) > 12:
        raise ValueError(f"{cell[:40]!r} is no seed: a whole number from 0 to {SEED_MAX}.")
    return int(cell)


def _size(cell: str) -> int:
    if not cell.isascii() or not cell.isdigit() or int(cell[:6]) not in _SIZES:
        raise ValueError(f"{cell[:40]!r} is no size: 64 to 2048 pixels.")
    return int(cell)


def _loras(cell: str) -> list[dict[str, Any]]:
    """LoRAs such as `ink:0.6; robot`, each with a weight of 0.5 unless given."""
    loras = []
    for part in filter(None, (part.strip() for part in cell.split(";"))):
        match = _WEIGHT.fullmatch(part)
        try:
            weight = float(match["weight"]) if match and match["weight"] else 0.5
        except ValueError:
            weight = 99.0
        if match is None or not -4 <= weight <= 4:
            raise ValueError(f"{part[:80]!r} is no LoRA: write `name:weight`, -4 to 4.")
        loras.append({"name": match["name"].strip(), "weight": weight})
    return loras


def _filename(cell: str) -> str:
    try:
        check_template(cell)
    except BadName as wrong:
        raise ValueError(f"{cell[:80]!r} is no file name: {wrong}") from wrong
    if set("/\\{}") & set(cell) or cell.startswith("."):
        raise ValueError(f"{cell[:80]!r} is no file name: it may not lead to another folder.")
    return cell


_READERS: dict[str, Callable[[str], Any]] = {
    "negative_prompt": str,
    "seed": _seed,
    "loras": _loras,
    "width": _size,
    "height": _size,
    "filename": _filename,
}


def _duplicates(rows: Iterable[SetRow]) -> list[Fault]:
    """Rows whose key or file name another row has."""
    faults = []
    seen: dict[str, int] = {}
    files: dict[str, int] = {}
    for row in rows:
        if row.key in seen:
            detail = f"The name {row.key!r} is also that of row {seen[row.key]}."
            fix = "Give each row a name of its own, or name more columns in item_name."
            faults.append(error(detail, row.number, fix=fix))
        seen.setdefault(row.key, row.number)
        name = (row.filename or row.key).casefold()
        if row.filename and name in files:
            detail = f"Row {files[name]} writes the same file; a number is added to this one."
            faults.append(warning(detail, row.number, "filename"))
        files.setdefault(name, row.number)
    return faults
