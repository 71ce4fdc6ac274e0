"""Tables of a set: what is read, and every fault at its row and column."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TooLarge
from core.sets import table as tables
from core.sets.faults import errors
from core.sets.table import CELL_MAX, COLUMNS_MAX, ROWS_MAX, Table, read_table

CELL = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters='",;\n'), max_size=12
).map(str.strip)


def faults(text: str | bytes) -> list[tuple[str, int | None, str | None]]:
    data = text.encode() if isinstance(text, str) else text
    return [(fault.level, fault.row, fault.column) for fault in read_table(data).faults]


def rows(table: Table) -> list[dict[str, str]]:
    return [dict(row.cells) for row in table.rows]


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6))
def test_what_a_spreadsheet_writes_is_read_back(cells: list[tuple[str, str]]) -> None:
    stream = io.StringIO()
    csv.writer(stream).writerows([("card", "scene"), *cells])
    expected = [{"card": card, "scene": scene} for card, scene in cells if card or scene]
    assert rows(read_table(stream.getvalue().encode())) == expected


@pytest.mark.parametrize("delimiter", tables.DELIMITERS)
def test_the_delimiter_is_the_one_of_the_header(delimiter: str) -> None:
    table = read_table(f"card{delimiter}scene\nking{delimiter}a, b; c\n".encode())
    expected = "a, b; c" if delimiter in "\t|" else table.rows[0].cells["scene"]
    assert table.delimiter == delimiter
    assert table.columns == ("card", "scene")
    assert table.rows[0].cells["scene"] == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_the_encoding_is_detected(encoding: str) -> None:
    table = read_table("card\nKönig\n".encode(encoding))
    assert rows(table) == [{"card": "König"}]
    assert table.encoding == encoding
    warned = [("warning", 2, None)] if encoding == "latin-1" else []
    assert [(fault.level, fault.row, fault.column) for fault in table.faults] == warned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("error", 1, None)]),
        ("\n\n", [("error", 1, None)]),
        ("card\n", [("error", None, None)]),
        ("card,,scene\nking,a,b\n", [("error", 1, None)]),
        (",".join(["card"] * 100) + "\nking\n", [("error", 1, "card")]),
        ("card,{x}\nking,a\n", [("error", 1, "{x}")]),
        ("card\nking\n\nqueen\n", [("warning", 3, None)]),
        ("card\nking,too,many\n", [("error", 2, None)]),
        ('card\n"king\n', [("error", 2, "card")]),
        ('card\nking\n"a"b\n', [("error", 3, "card")]),
        ("card\nki\0ng\n", [("error", 2, "card")]),
        ("ca\0rd\nking\n", [("error", 1, None)]),
        (
            'card,scene\n=1+1,"=HYPERLINK(""x"")"\n',
            [("warning", 2, "card"), ("warning", 2, "scene")],
        ),
        ("card,scene\nking,-\n@SUM(A1),\n", [("warning", 3, "card")]),
        ('card,scene\nking,"two\nlines"\nqueen,"a"b\n', [("error", 3, "scene")]),
        ('card,"scene\nking,a\n', [("error", 1, "column 2")]),
        (f"card\n{'x' * (CELL_MAX + 1)}\n", [("error", 2, "card")]),
        (f"card\n{'x' * (1 << 20)}\n", [("error", 2, "card")]),
        (",".join(map(str, range(COLUMNS_MAX + 1))) + "\n1\n", [("error", 1, None)]),
    ],
    ids=str,
)
def test_a_fault_has_its_row_and_column(
    text: str, expected: list[tuple[str, int | None, str | None]]
) -> None:
    assert faults(text) == expected


def test_ten_thousand_rows_are_read_and_one_more_is_refused() -> None:
    most = "card\n" + "".join(f"card {number}\n" for number in range(ROWS_MAX))
    table = read_table(most.encode())
    assert len(table.rows) == ROWS_MAX
    assert table.faults == ()
    assert faults(most + "one more\n") == [("error", ROWS_MAX + 2, None)]


def test_short_rows_are_filled_and_blank_lines_at_the_end_do_not_count() -> None:
    table = read_table(b"card,scene\nking\n\n\n")
    assert rows(table) == [{"card": "king", "scene": ""}]
    assert table.faults == ()


def test_formulas_of_a_spreadsheet_are_plain_text() -> None:
    assert rows(read_table(b"card\n=1+1\n@SUM(A1)\n")) == [{"card": "=1+1"}, {"card": "@SUM(A1)"}]


def test_a_huge_file_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "FILE_MAX", 10)
    with pytest.raises(TooLarge):
        read_table(b"card\nking\nqueen\n")


@given(st.binary(max_size=200))
def test_any_bytes_give_rows_or_an_error_with_a_sentence(data: bytes) -> None:
    table = read_table(data)
    assert table.rows or errors(table.faults)
    assert all(str(fault).endswith((".", '"".')) for fault in table.faults)
