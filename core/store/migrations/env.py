"""Alembic's entry: runs revisions on the connection that the caller opened.

`core.store.upgrade` calls it inside one transaction; the `alembic` command line is not used.
"""

from __future__ import annotations

from alembic import context

from core.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
