"""Lineage and annotations of assets, and indexes for tasks by project and by label.

The new tables are filled from what the first schema stored as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ROWS_PER_INSERT = 500

# The parts of the tables that this revision reads and fills, as they are at this revision.
_tasks = sa.table(
    "tasks",
    sa.column("seq", sa.Integer),
    sa.column("id", sa.Text),
    sa.column("project_id", sa.Text),
    sa.column("labels", sa.JSON),
    sa.column("snapshot", sa.JSON),
)
_assets = sa.table(
    "assets",
    sa.column("id", sa.Text),
    sa.column("task_id", sa.Text),
    sa.column("project_id", sa.Text),
)
_labels = sa.table("task_labels", *map(sa.column, ("seq", "name", "value")))
_inputs = sa.table("asset_inputs", *map(sa.column, ("child", "position", "parent", "port")))


def upgrade() -> None:
    _create_task_labels()
    _create_asset_inputs()
    _add_annotations()
    connection = op.get_bind()
    _insert(connection, _labels, _stored_labels(connection))
    _insert(connection, _inputs, _stored_inputs(connection))
    _copy_projects(connection)


def _create_task_labels() -> None:
    op.create_table(
        "task_labels",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "name", name="pk_task_labels"),
        sa.ForeignKeyConstraint(
            ["seq"], ["tasks.seq"], name="fk_task_labels_seq_tasks", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_task_labels_name_value_seq", "task_labels", ["name", "value", "seq"])
    op.create_index("ix_tasks_project_id_seq", "tasks", ["project_id", "seq"])


def _create_asset_inputs() -> None:
    op.create_table(
        "asset_inputs",
        sa.Column("child", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent", sa.Text(), nullable=False),
        sa.Column("port", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("child", "position", name="pk_asset_inputs"),
        sa.ForeignKeyConstraint(
            ["child"], ["assets.id"], name="fk_asset_inputs_child_assets", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_asset_inputs_parent", "asset_inputs", ["parent"])


def _add_annotations() -> None:
    with op.batch_alter_table("assets") as assets:
        assets.add_column(sa.Column("project_id", sa.Text()))
        assets.add_column(sa.Column("rating", sa.Integer(), nullable=False, server_default="0"))
        assets.add_column(sa.Column("favourite", sa.Boolean(), nullable=False, server_default="0"))
        assets.add_column(sa.Column("note", sa.Text()))
    for column in ("project_id", "rating", "favourite"):
        op.create_index(f"ix_assets_{column}_deleted_at_id", "assets", [column, "deleted_at", "id"])
    op.create_table(
        "asset_tags",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "tag", name="pk_asset_tags"),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name="fk_asset_tags_asset_id_assets", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_asset_tags_tag_asset_id", "asset_tags", ["tag", "asset_id"])


def _stored_labels(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """The labels of all tasks, but for those that no text column can hold."""
    for seq, labels in connection.execute(sa.select(_tasks.c.seq, _tasks.c.labels)):
        for name, value in labels.items():
            if _storable(f"{name}{value}"):
                yield {"seq": seq, "name": name, "value": value}


def _storable(text: str) -> bool:
    """False for lone surrogates, and for NUL, which PostgreSQL refuses."""
    return "\0" not in text and text == text.encode("utf-8", "replace").decode()


def _stored_inputs(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """The input assets that the snapshots of tasks name, for each asset of those tasks."""
    query = sa.select(_assets.c.id, _tasks.c.snapshot).join_from(
        _assets, _tasks, _tasks.c.id == _assets.c.task_id
    )
    for child, snapshot in connection.execute(query):
        inputs: Mapping[str, list[Mapping[str, Any]]] = snapshot.get("inputs") or {}
        parents = [(port, asset["id"]) for port, assets in inputs.items() for asset in assets]
        for position, (port, parent) in enumerate(parents):
            yield {"child": child, "position": position, "parent": parent, "port": port}


def _insert(
    connection: sa.Connection, table: sa.TableClause, rows: Iterable[dict[str, Any]]
) -> None:
    stored = list(rows)  # read to the end before the first write
    for start in range(0, len(stored), ROWS_PER_INSERT):
        connection.execute(sa.insert(table), stored[start : start + ROWS_PER_INSERT])


def _copy_projects(connection: sa.Connection) -> None:
    project = sa.select(_tasks.c.project_id).where(_tasks.c.id == _assets.c.task_id)
    connection.execute(sa.update(_assets).values(project_id=project.scalar_subquery()))
