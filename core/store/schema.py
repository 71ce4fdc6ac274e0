"""The tables, as SQLAlchemy Core, the same on SQLite and PostgreSQL.

Times are UTC text of fixed width (`timestamp()`, `2026-01-31T12:00:00.000000Z`): it sorts as time
sorts and is byte for byte the same on both engines, which their own date types are not.
`lease_until` is seconds since 1970, because it is only compared. JSON columns hold SQL NULL for
None.

A change here needs a revision in `migrations/versions` and its name in `REVISIONS`; tests compare
the two.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    event,
)

from core.store import text_index
from core.store.clock import timestamp as timestamp

REVISIONS: tuple[str, ...] = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
HEAD = REVISIONS[-1]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts only in a column spelled INTEGER; PostgreSQL's INTEGER would end at two billion.
Counter = BigInteger().with_variant(Integer(), "sqlite")
Document = JSON(none_as_null=True)

tasks = Table(
    "tasks",
    metadata,
    Column("seq", Counter, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("operation", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("device", Text),
    Column("priority", Integer, nullable=False, default=0),
    Column("rank", Float, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("max_attempts", Integer, nullable=False),
    Column("owner", Text),
    Column("lease_until", Float),
    Column("hold", Integer, nullable=False, default=0),
    Column("run_id", Text),
    Column("brick_id", Text),
    Column("project_id", Text),
    Column("labels", Document, nullable=False, default=dict),
    Column("version", Integer, nullable=False, default=1),
    Column("params", Document, nullable=False),
    Column("snapshot", Document, nullable=False, default=dict),
    Column("warnings", Document, nullable=False, default=list),
    Column("outputs", Document, nullable=False, default=list),
    Column("error", Document),
    Column("timings", Document, nullable=False, default=dict),
    Column("cache_key", Text),
    Column("cached", Boolean, nullable=False, default=False),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("checkpoint", Text),
    Column("idempotency_key", Text, unique=True),
    Column("created_at", Text, nullable=False),
    Column("started_at", Text),
    Column("finished_at", Text),
    Column("note", Text),
    Index(None, "status", "lane", "priority", "rank"),
    Index(None, "status", "priority", "rank"),
    Index(None, "status", "seq"),
    Index(None, "status", "operation", "seq"),
    Index(None, "run_id"),
    Index(None, "project_id", "seq"),
    Index(None, "cache_key", "status"),
    Index(None, "status", "finished_at"),
    Index(None, "created_at"),
    sqlite_autoincrement=True,
)

task_parents = Table(
    "task_parents",
    metadata,
    Column("child", Text, ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("parent", Text, ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "parent"),
)

# The labels of `tasks.labels` again, one row each: a filter on JSON would read every task.
task_labels = Table(
    "task_labels",
    metadata,
    Column("seq", Counter, ForeignKey("tasks.seq", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Index(None, "name", "value", "seq"),
)

# `task_id` is no foreign key: an image outlives the row of its task. The annotations come last,
# where a migration added them; their indexes end with `id`, the order of the gallery. `described`:
# the row has one in `asset_search`. `revision` grows with every change (`next_revision`).
assets = Table(
    "assets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("size", BigInteger, nullable=False),
    Column("metadata", Document, nullable=False, default=dict),
    Column("task_id", Text),
    Column("port", Text),
    Column("index", Integer),
    Column("name", Text),
    Column("created_at", Text, nullable=False),
    Column("deleted_at", Text),
    Column("project_id", Text),
    Column("rating", Integer, nullable=False, server_default="0"),
    Column("favourite", Boolean, nullable=False, server_default="0"),
    Column("note", Text),
    Column("described", Boolean, nullable=False, server_default="0"),
    Column("revision", Counter),
    Column("replay", Document),
    Index(None, "key"),
    Index(None, "task_id"),
    Index(None, "deleted_at", "id"),
    Index(None, "project_id", "deleted_at", "id"),
    Index(None, "rating", "deleted_at", "id"),
    Index(None, "favourite", "deleted_at", "id"),
    Index(None, "described", "id"),
    Index(None, "revision"),
)

asset_tags = Table(
    "asset_tags",
    metadata,
    Column("asset_id", Text, ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", Text, primary_key=True),
    Index(None, "tag", "asset_id"),
)

# The input assets of the task that made `child`, in the order of its snapshot. `parent` is no
# foreign key: a child keeps the ids of parents whose rows are gone.
asset_inputs = Table(
    "asset_inputs",
    metadata,
    Column("child", Text, ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("parent", Text, nullable=False),
    Column("port", Text, nullable=False),
    Index(None, "parent"),
)

# What the gallery searches by, one row for each asset that is described: values of its task or of
# the metadata of its file. `words` and `notes` are normalized text (core.store.words), of the
# values and of the annotations; the full-text index below covers both. `colours` (records of
# core.store.decoding.palette) and `likeness` are NULL until the image was analysed.
asset_search = Table(
    "asset_search",
    metadata,
    Column("number", Counter, primary_key=True, autoincrement=True),
    Column(
        "asset_id", Text, ForeignKey("assets.id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("operation", Text),
    Column("model", Text),
    Column("model_label", Text),
    Column("seed", BigInteger),
    Column("prompt", Text, nullable=False),
    Column("negative_prompt", Text, nullable=False),
    Column("loras", Document, nullable=False),
    Column("colours", Document),
    Column("likeness", Text),
    Column("words", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Index(None, "seed"),
    sqlite_autoincrement=True,
)
_not_analysed = Index(
    "ix_asset_search_not_analysed",
    asset_search.c.number,
    sqlite_where=asset_search.c.colours.is_(None),
)


@event.listens_for(asset_search, "before_create")
def _limit_index(_: Table, connection: Connection, **__: object) -> None:
    """Complete the index for PostgreSQL, whose options import its dialect: 40 ms of each start."""
    if connection.dialect.name == "postgresql":
        _not_analysed.dialect_kwargs["postgresql_where"] = asset_search.c.colours.is_(None)


for dialect, statements in text_index.STATEMENTS.items():
    for statement in statements:
        ddl = DDL(statement)  # type: ignore[no-untyped-call]
        event.listen(asset_search, "after_create", ddl.execute_if(dialect=dialect))

# Pairs of images that look alike, each once: `first` is the lower id. `distance` is the number of
# signs of their hashes that differ (core.gallery.likeness).
near_assets = Table(
    "near_assets",
    metadata,
    Column("first", Text, ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
    Column("second", Text, ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
    Column("distance", Integer, nullable=False),
    Index(None, "second"),
)

collections = Table(
    "collections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("created_at", Text, nullable=False),
)

collection_assets = Table(
    "collection_assets",
    metadata,
    Column(
        "collection_id",
        Text,
        ForeignKey("collections.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("asset_id", Text, ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "asset_id"),
)

# One run of a set; its tasks name it as their run.
batches = Table(
    "batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("set_id", Text, nullable=False),
    Column("definition", Document, nullable=False),
    Column("created_at", Text, nullable=False),
)

# `request`: a digest of the route and the body that came with the key first.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),
)

# The log of long runs, such as trainings. `key` names a blob.
run_values = Table(
    "run_values",
    metadata,
    Column("task_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("value", Float),
)
run_files = Table(
    "run_files",
    metadata,
    Column("task_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("facts", Document),
    Column("created_at", Text, nullable=False),
)

state = Table(
    "state",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Document),
)
