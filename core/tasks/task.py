"""A task as a value: one row of the queue, and its form for clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.identifiers import new_id
from core.operations.declaration.fields import is_reference
from core.store.asset_rows import Asset
from core.store.clock import timestamp as now
from core.tasks.states import ENDED, Hold, Priority, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run of an operation."""

    id: str = field(default_factory=new_id)
    seq: int = 0
    operation: str
    status: Status = Status.PENDING
    lane: str
    device: str | None = None
    priority: int = Priority.INTERACTIVE
    rank: float = 0.0
    attempt: int = 0
    max_attempts: int = 3
    owner: str | None = None
    lease_until: float | None = None
    hold: Hold = Hold.NONE
    run_id: str | None = None
    brick_id: str | None = None
    project_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    version: int = 1
    params: Mapping[str, Any] = field(default_factory=dict)
    snapshot: Mapping[str, Any] = field(default_factory=dict)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    cache_key: str | None = None
    cached: bool = False
    cancel_requested: bool = False
    checkpoint: str | None = None
    idempotency_key: str | None = None
    created_at: str = field(default_factory=now)
    started_at: str | None = None
    finished_at: str | None = None
    note: str | None = None
    uploads: tuple[Asset, ...] = ()
    """Assets that came with the request, stored in the transaction of the task. Not a column."""
    auto_run: bool = True
    """Starts by itself although the queue holds submitted tasks. Not a column."""

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Task:
        """The task of a database row."""
        return cls(**{**row, "status": Status(row["status"]), "hold": Hold(row["hold"])})

    @property
    def ended(self) -> bool:
        """True once the task changes only by a retry."""
        return self.status in ENDED

    def parents(self) -> list[str]:
        """The IDs of the tasks whose outputs its parameters refer to."""
        return list(dict.fromkeys(reference["task"] for _, reference in references(self.params)))

    def public(self, *, title: str | None = None, progress: Any = None) -> dict[str, Any]:
        """The task as JSON for clients, without the snapshot, which can be long."""
        hidden = ("seq", "rank", "owner", "lease_until", "hold", "snapshot", "cache_key", "outputs")
        values = {
            name: getattr(self, name)
            for name in self.__slots__
            if name not in (*hidden, "checkpoint", "idempotency_key", "uploads", "auto_run")
        }
        return values | {
            "title": title or self.operation,
            "status": self.status.value,
            "hold_reasons": self.hold.names(),
            "parents": self.snapshot.get("parents", self.parents()),
            "outputs": [dict(output) for output in self.outputs],
            "progress": progress,
        }


def references(params: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The references to outputs of other tasks: `(parameter, {task, port, index})`."""
    return [
        (name, item)
        for name, value in params.items()
        for item in (value if isinstance(value, list) else [value])
        if is_reference(item)
    ]
