"""The full-text index over `asset_search`: FTS5 on SQLite, GIN on PostgreSQL.

Both split the same normalized words, so that a query finds the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping

NAME = "asset_text"
_OLD = "old.number, old.words, old.notes"
_NEW = "new.number, new.words, new.notes"
_DELETE = f"INSERT INTO {NAME}({NAME}, rowid, words, notes) VALUES ('delete', {_OLD})"
_INSERT = f"INSERT INTO {NAME}(rowid, words, notes) VALUES ({_NEW})"

STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE {NAME} USING fts5(words, notes, content='asset_search', "
        "content_rowid='number')",
        f"CREATE TRIGGER {NAME}_insert AFTER INSERT ON asset_search BEGIN {_INSERT}; END",
        f"CREATE TRIGGER {NAME}_delete AFTER DELETE ON asset_search BEGIN {_DELETE}; END",
        f"CREATE TRIGGER {NAME}_update AFTER UPDATE OF words, notes ON asset_search "
        f"BEGIN {_DELETE}; {_INSERT}; END",
    ),
    "postgresql": (
        f"CREATE INDEX {NAME} ON asset_search "
        "USING gin (to_tsvector('simple', words || ' ' || notes))",
    ),
}
