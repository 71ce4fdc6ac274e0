"""Notes on tasks, tasks by time, and the report of the last replay of an image."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("tasks") as tasks:
        tasks.add_column(sa.Column("note", sa.Text()))
        tasks.create_index("ix_tasks_created_at", ["created_at"])
    with op.batch_alter_table("assets") as assets:
        assets.add_column(sa.Column("replay", sa.JSON()))
