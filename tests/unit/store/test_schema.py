"""Tests of the tables where no database is needed."""

import subprocess
import sys

from sqlalchemy import create_mock_engine
from sqlalchemy.sql.ddl import ExecutableDDLElement

from core.settings import ROOT
from core.store.schema import asset_search


def test_postgresql_indexes_only_the_images_that_were_not_analysed() -> None:
    statements: list[str] = []

    def collect(element: ExecutableDDLElement, *_: object, **__: object) -> None:
        statements.append(str(element.compile(dialect=engine.dialect)))

    engine = create_mock_engine("postgresql+psycopg://", collect)
    asset_search.create(engine, checkfirst=False)

    (index,) = [text for text in statements if "not_analysed" in text]
    assert index.endswith("WHERE colours IS NULL")


def test_the_tables_do_not_load_a_database_that_is_not_used() -> None:
    code = "import sys, core.store.schema; print('sqlalchemy.dialects.postgresql' in sys.modules)"

    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert ended.stdout == "False\n", ended.stderr
