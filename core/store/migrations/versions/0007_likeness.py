"""Pairs of images that look alike, and the images whose pixels were not analysed yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "near_assets",
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("first", "second", name="pk_near_assets"),
        sa.ForeignKeyConstraint(
            ["first"], ["assets.id"], name="fk_near_assets_first_assets", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second"], ["assets.id"], name="fk_near_assets_second_assets", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_near_assets_second", "near_assets", ["second"])
    op.create_index(
        "ix_asset_search_not_analysed",
        "asset_search",
        ["number"],
        sqlite_where=sa.text("colours IS NULL"),
        postgresql_where=sa.text("colours IS NULL"),
    )
