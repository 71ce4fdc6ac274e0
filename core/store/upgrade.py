"""Upgrade of a database to the schema of this version.

A blank database gets its tables directly (fast) and a stamp; an older one is copied and then
migrated in one transaction; a newer or a foreign one is refused. Alembic is imported only for a
migration: the import takes more than half a second.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select, text

from core.errors import SchemaMismatch
from core.store import atomic
from core.store.connections import database_file, writing_engine
from core.store.schema import HEAD, REVISIONS, metadata

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK_NUMBER = 0x71707974  # PostgreSQL: one server migrates, the others wait

# Alembic's own table, as Alembic makes it, for databases made without Alembic.
_stamp = Table(
    "alembic_version",
    MetaData(naming_convention={"pk": "%(table_name)s_pkc"}),
    Column("version_num", String(32), primary_key=True),
)


def bring_up_to_date(url: str, engine: Engine) -> None:
    """Create or upgrade the tables.

    Raises `SchemaMismatch` for a newer or foreign database; a failed upgrade changes nothing.
    """
    with engine.connect() as connection:
        revision = _checked_revision(connection)
    if revision == HEAD:
        return
    if revision is None:
        _create(engine)
    else:
        _upgrade(url, revision)


def _checked_revision(connection: Connection) -> str | None:
    """Read the stored revision; None for a blank database."""
    tables = set(inspect(connection).get_table_names())
    if _stamp.name not in tables:
        if tables & set(metadata.tables):
            raise SchemaMismatch("The database holds tables of another program.")
        return None
    revision: str | None = connection.scalar(select(_stamp.c.version_num))
    if revision not in REVISIONS:
        raise SchemaMismatch(
            f"A newer version wrote the database: its schema is {revision}, and this version "
            f"supports schemas up to {HEAD}."
        )
    return revision


def _create(engine: Engine) -> None:
    with engine.begin() as connection:
        _wait_for_turn(connection)
        if _checked_revision(connection) is None:
            metadata.create_all(connection, checkfirst=False)
            _stamp.create(connection)
            connection.execute(_stamp.insert().values(version_num=HEAD))


def _upgrade(url: str, revision: str) -> None:
    _back_up(database_file(url), revision)
    # A rebuilt table is dropped, which would delete the rows that refer to it: foreign keys are
    # off meanwhile and checked once at the end.
    engine = writing_engine(url, foreign_keys=False)
    try:
        with engine.begin() as connection:
            _wait_for_turn(connection)
            migrate_to_head(connection)
            _check_references(connection)
    finally:
        engine.dispose()


def migrate_to_head(connection: Connection) -> None:
    """Run the missing revisions inside the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _wait_for_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK_NUMBER})


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise SchemaMismatch(f"The upgrade would leave {len(broken)} rows without their parent.")


def _back_up(file: Path | None, revision: str) -> None:
    """Copy the database to a file beside it, named after revision and time."""
    if file is None:
        return
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = file.with_name(f"{file.name}.backup-{revision}-{moment}")
    with (
        atomic.replacing(target) as partial,
        closing(sqlite3.connect(file)) as source,
        closing(sqlite3.connect(partial)) as copy,
    ):
        source.backup(copy)
