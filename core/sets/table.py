"""Tables of a set, read from CSV: rows of text by column, with every fault at its place."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.errors import TooLarge
from core.sets.broken_rows import broken_place
from core.sets.faults import Fault, error, warning

FILE_MAX = 32 << 20  # bytes
ROWS_MAX = 10_000
COLUMNS_MAX = 200
CELL_MAX = 10_000  # characters
DELIMITERS = ",;\t|"
FORMULAS = ("=", "@", "+")
csv.field_size_limit(FILE_MAX)  # a long cell is a fault with its column, not the end of reading
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NO_HEADER = error("The file has no header.", row=1, fix="Begin with a row of column names.")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table; `number` is what a spreadsheet shows for it."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a CSV file. `encoding` is `utf-8`, `utf-8-sig`, `utf-16` or `latin-1`."""

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    encoding: str
    delimiter: str
    faults: tuple[Fault, ...] = ()

    def csv(self) -> str:
        """The table as CSV with commas, without empty rows."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([row.cells[name] for name in self.columns] for row in self.rows)
        return stream.getvalue()


def read_table(data: bytes) -> Table:
    """Read a CSV file with a header; cells are stripped of blanks around them.

    Faults within the table are listed, not raised. Raises `TooLarge` over `FILE_MAX` bytes.
    """
    if len(data) > FILE_MAX:
        raise TooLarge(
            f"The table has {len(data)} bytes; {FILE_MAX} are allowed.",
            field="csv",
            fix="Split it into several sets.",
        )
    text, encoding = _decode(data)
    faults = [_guess(text)] if encoding == "latin-1" else []
    header = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=header.count)
    columns: tuple[str, ...] = ()
    rows: tuple[TableRow, ...] = ()
    try:
        records = list(_records(text, delimiter))
    except csv.Error as broken:
        faults.append(_unreadable(str(broken), text, delimiter, header))
    else:
        columns, header_faults = _columns(records)
        rows, row_faults = _rows(records[1:], columns) if columns else ((), [])
        faults += [*header_faults, *row_faults]
    return Table(columns, rows, encoding, delimiter, tuple(faults))


def _decode(data: bytes) -> tuple[str, str]:
    candidates = ["utf-16"] if data.startswith(_UTF_16) else []
    candidates.append("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8")
    for encoding in candidates:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def _guess(text: str) -> Fault:
    row = next(
        (number for number, line in enumerate(text.splitlines(), 1) if not line.isascii()), None
    )
    return warning(
        "The file is not in UTF-8; it is read as Latin-1.",
        row,
        fix="Save it as CSV UTF-8 if letters look wrong.",
    )


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the row numbers of a spreadsheet. Raises `csv.Error`."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for number, cells in enumerate(reader, 1):
        yield number, [cell.strip() for cell in cells]
        if number > ROWS_MAX + 1:
            return


def _unreadable(reason: str, text: str, delimiter: str, header: str) -> Fault:
    """The fault of a file that the CSV reader gave up, at its cell."""
    place = broken_place(text, delimiter)
    if place is None:
        return error(f"The table cannot be read: {reason}.", fix="Save it as CSV again.")
    row, column, unclosed = place
    names = next(csv.reader([header], delimiter=delimiter), [])
    name = names[column].strip()[:80] if row and column < len(names) else f"column {column + 1}"
    if unclosed:
        return error("A quotation mark is never closed.", row + 1, name, "Close it with one more.")
    detail = "A quotation mark stands within a quoted cell."
    return error(detail, row + 1, name, 'Double it: "".')


def _columns(records: list[tuple[int, list[str]]]) -> tuple[tuple[str, ...], list[Fault]]:
    """The names of the columns; none where the header is not usable."""
    if not records or not any(records[0][1]):
        return (), [_NO_HEADER]
    names = records[0][1]
    while names and not names[-1]:
        names.pop()
    if any("\0" in name for name in names):
        return (), [error("The header has a NUL character.", 1, fix="Save it as CSV again.")]
    if len(names) > COLUMNS_MAX:
        detail = f"The table has {len(names)} columns; {COLUMNS_MAX} are allowed."
        return (), [error(detail, 1, fix="Remove the columns that the template does not use.")]
    faults = [
        error(f"Column {position} has no name.", 1, fix="Name it.")
        for position, name in enumerate(names, 1)
        if not name
    ]
    faults += [
        error(f"{count} columns have this name.", 1, name[:80], "Give each a name of its own.")
        for name, count in Counter(filter(None, names)).items()
        if count > 1
    ]
    faults += [
        error("The name has a brace.", 1, name[:80], "Name the column without { and }.")
        for name in names
        if set("{}") & set(name)
    ]
    return ((), faults) if faults else (tuple(names), [])


def _rows(
    records: list[tuple[int, list[str]]], columns: tuple[str, ...]
) -> tuple[tuple[TableRow, ...], list[Fault]]:
    rows: list[TableRow] = []
    faults: list[Fault] = []
    while records and not any(records[-1][1]):
        records = records[:-1]
    for number, cells in records[:ROWS_MAX]:
        if not any(cells):
            faults.append(warning("The row is empty; it is left out.", number))
            continue
        extra = [cell for cell in cells[len(columns) :] if cell]
        if extra:
            detail = f"The row has {len(cells)} cells, the header has {len(columns)}."
            fix = "Put text with a comma into quotation marks."
            faults.append(error(detail, number, fix=fix))
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        by_column = dict(zip(columns, padded, strict=False))
        for column, cell in by_column.items():
            faults += _cell_faults(number, column, cell)
        kept = {name: cell if len(cell) <= CELL_MAX else "" for name, cell in by_column.items()}
        rows.append(TableRow(number, kept))
    if len(records) > ROWS_MAX:
        detail = f"The table has over {ROWS_MAX} rows."
        faults.append(error(detail, ROWS_MAX + 2, fix="Split it into several sets."))
    if not rows:
        faults.append(error("The table has no rows.", fix="Add a row below the header."))
    return tuple(rows), faults


def _cell_faults(number: int, column: str, cell: str) -> Iterator[Fault]:
    if len(cell) > CELL_MAX:
        yield error(f"The cell has over {CELL_MAX} characters.", number, column, "Shorten it.")
    if "\0" in cell:
        yield error("The cell has a NUL character.", number, column, "Type the cell again.")
    if cell.startswith(FORMULAS):
        detail = "The cell looks like a formula; it is taken as text."
        yield warning(detail, number, column, "Save values in place of formulas.")
