"""The log of long runs: values by step, and files such as samples and checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "run_values",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float()),
        sa.PrimaryKeyConstraint("task_id", "name", "step", name="pk_run_values"),
    )
    op.create_table(
        "run_files",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(none_as_null=True)),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "kind", "step", "index", name="pk_run_files"),
    )
