"""The search of the gallery and its collections.

Stored assets get their rows of `asset_search` from the running studio, in the background.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DELETE = (
    "INSERT INTO asset_text(asset_text, rowid, words, notes) "
    "VALUES ('delete', old.number, old.words, old.notes)"
)
_INSERT = "INSERT INTO asset_text(rowid, words, notes) VALUES (new.number, new.words, new.notes)"
TEXT_INDEX = {
    "sqlite": (
        "CREATE VIRTUAL TABLE asset_text USING fts5(words, notes, content='asset_search', "
        "content_rowid='number')",
        f"CREATE TRIGGER asset_text_insert AFTER INSERT ON asset_search BEGIN {_INSERT}; END",
        f"CREATE TRIGGER asset_text_delete AFTER DELETE ON asset_search BEGIN {_DELETE}; END",
        "CREATE TRIGGER asset_text_update AFTER UPDATE OF words, notes ON asset_search "
        f"BEGIN {_DELETE}; {_INSERT}; END",
    ),
    "postgresql": (
        "CREATE INDEX asset_text ON asset_search "
        "USING gin (to_tsvector('simple', words || ' ' || notes))",
    ),
}


def upgrade() -> None:
    with op.batch_alter_table("assets") as assets:
        assets.add_column(sa.Column("described", sa.Boolean(), nullable=False, server_default="0"))
        assets.add_column(sa.Column("revision", COUNTER))
    op.create_index("ix_assets_described_id", "assets", ["described", "id"])
    op.create_index("ix_assets_revision", "assets", ["revision"])
    _create_search()
    for statement in TEXT_INDEX[op.get_bind().dialect.name]:
        op.execute(statement)
    _create_collections()


def _create_search() -> None:
    op.create_table(
        "asset_search",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text()),
        sa.Column("model", sa.Text()),
        sa.Column("model_label", sa.Text()),
        sa.Column("seed", sa.BigInteger()),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("negative_prompt", sa.Text(), nullable=False),
        sa.Column("loras", sa.JSON(), nullable=False),
        sa.Column("colours", sa.JSON()),
        sa.Column("likeness", sa.Text()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_asset_search"),
        sa.UniqueConstraint("asset_id", name="uq_asset_search_asset_id"),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name="fk_asset_search_asset_id_assets", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_asset_search_seed", "asset_search", ["seed"])


def _create_collections() -> None:
    op.create_table(
        "collections",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_collections"),
        sa.UniqueConstraint("name", name="uq_collections_name"),
    )
    op.create_table(
        "collection_assets",
        sa.Column("collection_id", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("collection_id", "asset_id", name="pk_collection_assets"),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name="fk_collection_assets_collection_id_collections",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["assets.id"],
            name="fk_collection_assets_asset_id_assets",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_collection_assets_asset_id", "collection_assets", ["asset_id"])
