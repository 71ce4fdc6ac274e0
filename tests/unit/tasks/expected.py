"""A task as the model of the queue has it."""

from dataclasses import dataclass, field
from typing import Any

from core.tasks.states import Hold, Status


@dataclass
class Expected:
    """A task in the model."""

    number: float
    """Its place within its band: tasks run by priority, then by this."""
    priority: int
    params: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None
    status: Status = Status.PENDING
    hold: Hold = Hold.NONE
    attempt: int = 0
    cancel_requested: bool = False
    children: list[str] = field(default_factory=list)
    started: bool = False
