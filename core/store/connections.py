"""Connections to the database, and their failures as storage errors.

Sets the options of the two engines: SQLite's WAL, full sync and explicit BEGIN; PostgreSQL's
isolation level.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import InvalidInput, StorageFull, StorageUnavailable
from core.store.documents import read_document, write_document
from core.store.faults import storage_error

READERS = 4
BUSY_SECONDS = 5
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "temp_store=MEMORY",
    f"journal_size_limit={64 << 20}",
)
_SQLITE_REASONS = {
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_PERM: "it may not be opened",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk does not read or write it",
    sqlite3.SQLITE_BUSY: "another program holds it",
    sqlite3.SQLITE_LOCKED: "another program holds it",
    sqlite3.SQLITE_CORRUPT: "its file is damaged",
    sqlite3.SQLITE_NOTADB: "its file is not a database",
}
_POSTGRES_DISK_FULL = "53100"


def database_file(url: str | URL) -> Path | None:
    """Return the file of a SQLite URL; None for a server.

    Raises `StorageUnavailable` for SQLite in memory, which threads cannot share.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        raise StorageUnavailable(
            "A database in memory cannot be shared between threads.",
            fix="Give a file: sqlite:////path/to/studio.db",
        )
    return Path(parsed.database)


def writing_engine(url: str, *, foreign_keys: bool = True) -> Engine:
    """Create an engine of one connection; its transactions lock the database at once."""
    if database_file(url) is None:
        return _server_engine(url, pool_size=1)
    pragmas = (*_PRAGMAS, f"foreign_keys={'ON' if foreign_keys else 'OFF'}")
    return _sqlite_engine(url, "BEGIN IMMEDIATE", pragmas, pool_size=1)


def reading_engine(url: str) -> Engine:
    """Create a read-only engine; each transaction sees one state of the database."""
    if database_file(url) is None:
        read_only = {"options": "-c default_transaction_read_only=on"}
        return _server_engine(
            url, pool_size=READERS, isolation_level="REPEATABLE READ", connect_args=read_only
        )
    return _sqlite_engine(url, "BEGIN", (*_PRAGMAS, "query_only=ON"), pool_size=READERS)


def _sqlite_engine(url: str, begin: str, pragmas: tuple[str, ...], pool_size: int) -> Engine:
    engine = create_engine(url, **_pool(pool_size), **_JSON)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        # The driver's own BEGIN comes too late for locks and savepoints, so it is switched off.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute(begin)

    return engine


def _server_engine(url: str, pool_size: int, **options: Any) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, **_pool(pool_size), **_JSON, **options)
    except (ArgumentError, ImportError) as error:
        raise StorageUnavailable(
            f"The database cannot be used: {error}.",
            fix="Correct QPYT_DATABASE_URL, or install the package of its driver.",
        ) from error


def _pool(size: int) -> dict[str, Any]:
    return {"pool_size": size, "max_overflow": 0}


_JSON: dict[str, Any] = {"json_serializer": write_document, "json_deserializer": read_document}


@contextmanager
def storage_errors() -> Iterator[None]:
    """Translate errors of the drivers to storage errors; others pass unchanged."""
    try:
        yield
    except Exception as error:  # drivers raise many types; the unknown ones pass unchanged
        failure = as_storage_error(error)
        if failure is error:
            raise
        raise failure from error


def as_storage_error(error: BaseException) -> BaseException:
    """Translate an error of a driver to one of the studio's; return any other unchanged."""
    if isinstance(error, StatementError) and isinstance(error.orig, InvalidInput):
        return error.orig
    if isinstance(error, UnicodeEncodeError | OverflowError | DataError):
        return InvalidInput("A text or a number in the request cannot be stored.")
    if isinstance(error, PoolTimeout):
        return StorageUnavailable("The database did not answer in time.")
    if isinstance(error, OSError):
        return storage_error(error)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _sqlite_error(cause, error)
    if getattr(cause, "sqlstate", None) == _POSTGRES_DISK_FULL:
        return StorageFull("The database server has no room left.")
    if isinstance(error, OperationalError) or getattr(error, "connection_invalidated", False):
        return StorageUnavailable(f"The database server does not answer: {cause}".strip())
    return error


def _sqlite_error(cause: sqlite3.Error, error: BaseException) -> BaseException:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is None:
        return error
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return StorageFull("The disk has no room for the database.")
    reason = _SQLITE_REASONS.get(primary)
    return error if reason is None else StorageUnavailable(f"The database fails: {reason}.")
