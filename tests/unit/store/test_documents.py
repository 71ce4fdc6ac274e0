"""JSON columns: what is refused before it is stored, left out of a list, and healed at a start."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from core.errors import InvalidInput
from core.nesting import MAX_DEPTH, too_deep
from core.store.database import Database
from core.store.documents import (
    UNREADABLE,
    heal,
    read_document,
    readable_rows,
    write_document,
)
from core.store.schema import batches


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [None, 0.1, "\ud800", "a\x00b", "é", [], {"a": [1, {"b": None}]}, nested(MAX_DEPTH)]
)
def test_a_document_is_read_as_it_was_written_and_is_ascii(value: Any) -> None:
    written = write_document(value)
    assert written.isascii()
    assert read_document(written) == value


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 900, 100_000])
def test_a_document_that_is_too_deep_is_neither_written_nor_read(levels: int) -> None:
    with pytest.raises(InvalidInput, match=f"more than {MAX_DEPTH} levels"):
        write_document(nested(levels))
    assert read_document("[" * levels + "]" * levels) is UNREADABLE


def test_many_brackets_side_by_side_are_not_deep() -> None:
    wide: Any = [[] for _ in range(10 * MAX_DEPTH)]
    assert read_document(write_document(wide)) == wide


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_in_json_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_document([value])


@pytest.mark.parametrize("damaged", ["", "{", '{"a":', "nul", '"\\'])
def test_damaged_text_is_unreadable(damaged: str) -> None:
    assert read_document(damaged) is UNREADABLE


@pytest.fixture
def database(tmp_path: Path) -> Any:
    database = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    database.migrate()
    yield database
    database.close()


async def stored(database: Database, texts: dict[str, str]) -> None:
    """Rows of batches whose documents are these texts, as an older version left them."""
    statement = text(
        "INSERT INTO batches (id, set_id, created_at, definition)"
        " VALUES (:id, 'deck', '2026-01-01T00:00:00Z', :definition)"
    )
    rows = [{"id": name, "definition": definition} for name, definition in texts.items()]
    await database.write(lambda connection: connection.execute(statement, rows))


async def read(database: Database) -> dict[str, Any]:
    """The documents of the rows that can be read, by their IDs."""
    return await database.read(
        lambda connection: {
            row["id"]: row["definition"]
            for row in readable_rows(connection.execute(select(batches)).mappings())
        }
    )


async def test_an_unreadable_row_is_left_out_of_its_list_and_logged(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await stored(database, {"whole": '{"a": 1}', "cut": '{"a": ', "deep": "[" * 300 + "]" * 300})
    with caplog.at_level(logging.ERROR):
        assert await read(database) == {"whole": {"a": 1}}
    assert [record.args for record in caplog.records] == [
        ("cut", "definition"),
        ("deep", "definition"),
    ]


async def test_a_start_heals_rows_that_are_too_deep_and_leaves_the_others(
    database: Database,
) -> None:
    await stored(
        database,
        {
            "whole": '{"a": 1}',
            "wide": "[" + "[]," * 300 + "[]]",
            "deep": '{"kept": 1, "deep": ' + "[" * 300 + "]" * 300 + "}",
            "deepest": "[" * 50_000 + "]" * 50_000,
        },
    )
    assert await database.write(heal) == 2
    healed = await read(database)
    assert healed["whole"] == {"a": 1}
    assert len(healed["wide"]) == 301
    assert healed["deep"]["kept"] == 1
    assert not too_deep(healed["deep"])
    assert healed["deepest"] == []
    assert await database.write(heal) == 0
