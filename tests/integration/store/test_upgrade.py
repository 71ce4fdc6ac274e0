"""Databases are created, stamped, upgraded and refused."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from core.errors import SchemaMismatch
from core.store import text_index, upgrade
from core.store.connections import writing_engine
from core.store.database import Database
from core.store.schema import HEAD, REVISIONS, metadata


def created(url: str) -> None:
    with closing(Database(url)) as database:
        database.migrate()


def migrated(url: str) -> None:
    engine = writing_engine(url)
    with engine.begin() as connection:
        upgrade.migrate_to_head(connection)
    engine.dispose()


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(upgrade.MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == HEAD
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


def test_migrating_from_blank_equals_creating(tmp_path: Path) -> None:
    def definition(name: str, make: object) -> list[tuple[str, ...]]:
        make(f"sqlite:///{tmp_path / name}")  # type: ignore[operator]
        with sqlite3.connect(tmp_path / name) as connection:
            rows = connection.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_master"
            ).fetchall()
            stamp = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        connection.close()
        assert stamp == [(HEAD,)]
        return sorted(
            (kind, name, table, " ".join((sql or "").split())) for kind, name, table, sql in rows
        )

    assert definition("a.db", migrated) == definition("b.db", created)


@pytest.mark.parametrize("make", [created, migrated])
def test_a_database_is_what_the_tables_say(url: str, make: object) -> None:
    make(url)  # type: ignore[operator]
    engine = create_engine(url)
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            # No table of SQLAlchemy: a virtual one with its shadows, or an index of an expression.
            "include_name": lambda name, *_: not (name or "").startswith(text_index.NAME),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_opening_an_existing_database_does_not_import_alembic(tmp_path: Path) -> None:
    script = (
        "import sys; from core.store.database import Database\n"
        "database = Database(sys.argv[1]); database.migrate(); database.close()\n"
        "sys.exit(1 if 'alembic' in sys.modules else 0)"
    )
    for _ in range(2):
        url = f"sqlite:///{tmp_path / 'studio.db'}"
        subprocess.run([sys.executable, "-c", script, url], check=True)


def test_a_newer_database_is_refused_and_left_alone(url: str) -> None:
    created(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    database = Database(url)
    with pytest.raises(SchemaMismatch, match="newer") as caught:
        database.migrate()
    database.close()
    assert caught.value.fix


def test_tables_of_somebody_else_are_refused(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE tasks (todo TEXT)"))
    engine.dispose()
    database = Database(url)
    with pytest.raises(SchemaMismatch):
        database.migrate()
    database.close()


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database one revision behind: only its stamp and one table of its own."""
    monkeypatch.setattr(upgrade, "REVISIONS", ("0000", *REVISIONS))
    path = tmp_path / "studio.db"
    created(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.execute("INSERT INTO state VALUES ('k', 'true')")
    connection.close()
    return path


def test_an_upgrade_keeps_a_copy_of_what_was(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pretend(connection: object) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": HEAD})  # type: ignore[attr-defined]

    monkeypatch.setattr(upgrade, "migrate_to_head", pretend)
    created(f"sqlite:///{older}")
    (copy,) = older.parent.glob("studio.db.backup-0000-*")
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            ("0000",)
        ]
        assert connection.execute("SELECT * FROM state").fetchall() == [("k", "true")]
    connection.close()


def test_a_failed_upgrade_changes_nothing(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: object) -> None:
        connection.execute(text("DROP TABLE state"))  # type: ignore[attr-defined]
        raise ArithmeticError

    monkeypatch.setattr(upgrade, "migrate_to_head", fail)
    with pytest.raises(ArithmeticError):
        created(f"sqlite:///{older}")
    engine = create_engine(f"sqlite:///{older}")
    assert inspect(engine).has_table("state")
    engine.dispose()


def test_two_that_start_at_once_make_one_schema(url: str) -> None:
    script = (
        "import sys; from core.store.database import Database\n"
        "database = Database(sys.argv[1]); database.migrate(); database.close()"
    )
    children = [subprocess.Popen([sys.executable, "-c", script, url]) for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
