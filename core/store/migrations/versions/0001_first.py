"""The first schema: tasks and what hangs on them, assets, state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _tasks()
    _task_links()
    _assets()
    _state()


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("device", sa.Text()),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Float(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("lease_until", sa.Float()),
        sa.Column("hold", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("brick_id", sa.Text()),
        sa.Column("project_id", sa.Text()),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("outputs", sa.JSON(), nullable=False),
        sa.Column("error", sa.JSON()),
        sa.Column("timings", sa.JSON(), nullable=False),
        sa.Column("cache_key", sa.Text()),
        sa.Column("cached", sa.Boolean(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("checkpoint", sa.Text()),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text()),
        sa.Column("finished_at", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name="pk_tasks"),
        sa.UniqueConstraint("id", name="uq_tasks_id"),
        sa.UniqueConstraint("idempotency_key", name="uq_tasks_idempotency_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tasks_cache_key_status", "tasks", ["cache_key", "status"])
    op.create_index("ix_tasks_run_id", "tasks", ["run_id"])
    op.create_index("ix_tasks_status_finished_at", "tasks", ["status", "finished_at"])
    op.create_index(
        "ix_tasks_status_lane_priority_rank", "tasks", ["status", "lane", "priority", "rank"]
    )
    op.create_index("ix_tasks_status_priority_rank", "tasks", ["status", "priority", "rank"])
    op.create_index("ix_tasks_status_seq", "tasks", ["status", "seq"])
    op.create_index("ix_tasks_status_operation_seq", "tasks", ["status", "operation", "seq"])


def _task_links() -> None:
    op.create_table(
        "task_parents",
        sa.Column("child", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["child"], ["tasks.id"], name="fk_task_parents_child_tasks", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent"], ["tasks.id"], name="fk_task_parents_parent_tasks", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("child", "parent", name="pk_task_parents"),
    )
    op.create_index("ix_task_parents_parent", "task_parents", ["parent"])


def _assets() -> None:
    op.create_table(
        "assets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("task_id", sa.Text()),
        sa.Column("port", sa.Text()),
        sa.Column("index", sa.Integer()),
        sa.Column("name", sa.Text()),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_assets"),
    )
    op.create_index("ix_assets_deleted_at_id", "assets", ["deleted_at", "id"])
    op.create_index("ix_assets_key", "assets", ["key"])
    op.create_index("ix_assets_task_id", "assets", ["task_id"])


def _state() -> None:
    op.create_table(
        "state",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON()),
        sa.PrimaryKeyConstraint("key", name="pk_state"),
    )
