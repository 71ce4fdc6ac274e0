"""The states of a task and the transitions between them.

The table is the only definition of the allowed transitions: the queue builds the condition of each
UPDATE from it, and a test compares it with the drawing in docs/architecture.md.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag, StrEnum


class Status(StrEnum):
    """The state of a task."""

    PENDING = "pending"  # starts as soon as a worker of its lane is free
    HELD = "held"  # waits until its reasons are lifted
    RUNNING = "running"  # claimed by an attempt
    COMPLETED = "completed"  # done; never runs again
    FAILED = "failed"  # ended with an error; may be retried
    CANCELLED = "cancelled"  # ended by request; may be retried


class Hold(IntFlag):
    """The reasons to hold a task. They are independent: lifting one never lifts another."""

    NONE = 0
    USER = 1
    PARENT = 2
    BUDGET = 4

    def names(self) -> list[str]:
        """The reasons as in the API."""
        return [reason.name.lower() for reason in Hold if reason in self and reason.name]


class Priority(IntEnum):
    """Priority bands: all tasks of one before those of the next, each in the order they came."""

    INTERACTIVE = 0
    WORKFLOW = 10
    BATCH = 20
    TRAINING = 30


TRANSITIONS: dict[Status, frozenset[Status]] = {
    # claimed; put on hold; cancelled; served from an equal completed task
    Status.PENDING: frozenset({Status.RUNNING, Status.HELD, Status.CANCELLED, Status.COMPLETED}),
    # released; cancelled; its parent failed
    Status.HELD: frozenset({Status.PENDING, Status.CANCELLED, Status.FAILED}),
    # completed; failed; cancelled; put back (worker or server lost, or yielded)
    Status.RUNNING: frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.PENDING}),
    Status.COMPLETED: frozenset(),
    # retried; retried while a parent is not done
    Status.FAILED: frozenset({Status.PENDING, Status.HELD}),
    Status.CANCELLED: frozenset({Status.PENDING, Status.HELD}),
}

ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
WAITING = frozenset({Status.PENDING, Status.HELD})


def sources(target: Status) -> frozenset[Status]:
    """The states from which `target` can be reached."""
    return frozenset(source for source, targets in TRANSITIONS.items() if target in targets)
