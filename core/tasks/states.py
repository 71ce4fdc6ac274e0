"""The states of a task and every way from one to another.

This table is the only place that says which change is allowed; the queue builds the condition of
each UPDATE from it, and a test holds it against the drawing in docs/architecture.md.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag, StrEnum


class Status(StrEnum):
    """Where a task stands."""

    PENDING = "pending"  # may start as soon as its lane has room
    HELD = "held"  # waits for a reason to go away
    RUNNING = "running"  # claimed by an attempt
    COMPLETED = "completed"  # done; never runs again
    FAILED = "failed"  # ended badly; says why; may be retried
    CANCELLED = "cancelled"  # ended by request; may be retried


class Hold(IntFlag):
    """Why a task is held. Reasons are independent: lifting one never lifts another."""

    NONE = 0
    USER = 1
    PARENT = 2
    BUDGET = 4

    def names(self) -> list[str]:
        """The reasons as clients read them."""
        return [reason.name.lower() for reason in Hold if reason in self and reason.name]


class Priority(IntEnum):
    """Bands: all of one before any of the next; inside a band, first come, first served."""

    INTERACTIVE = 0
    WORKFLOW = 10
    BATCH = 20
    TRAINING = 30


TRANSITIONS: dict[Status, frozenset[Status]] = {
    # claimed; put on hold; cancelled; served from an equal task that is done
    Status.PENDING: frozenset({Status.RUNNING, Status.HELD, Status.CANCELLED, Status.COMPLETED}),
    # released; cancelled; its parent failed
    Status.HELD: frozenset({Status.PENDING, Status.CANCELLED, Status.FAILED}),
    # done; failed; cancelled; put back (worker or server lost, or yielded)
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
