"""The signs of life of a worker: pings, and a deadline for their answers by phase."""

from __future__ import annotations

from typing import Literal

Phase = Literal["starting", "loading", "busy", "ready"]

# Deadlines in units of `Settings.hang_seconds`. Imports and loaders may hold the interpreter lock,
# and no thread of the worker can answer then.
FACTORS: dict[Phase, int] = {"starting": 6, "loading": 6, "busy": 2, "ready": 1}
PINGS = 10  # within one unit
UNRESPONSIVE_PINGS = 3


class Heartbeat:
    """Counts the pings since the last message of one worker process.

    Pings are counted rather than seconds, so that a pause of the whole machine or of the server is
    not mistaken for a silence of the worker.
    """

    def __init__(self, unit: float) -> None:
        """`unit`: the deadline of an idle worker, in seconds."""
        self.interval = unit / PINGS
        self._silent = 0

    @property
    def silence(self) -> float:
        """The seconds without a message, as far as they were observed."""
        return self._silent * self.interval

    @property
    def unresponsive(self) -> bool:
        """True while several pings have no answer."""
        return self._silent >= UNRESPONSIVE_PINGS

    def ping(self) -> None:
        """Count a ping."""
        self._silent += 1

    def message(self) -> None:
        """Reset the count: any message is a sign of life."""
        self._silent = 0

    def hung(self, phase: Phase) -> bool:
        """True once the deadline of the phase has passed."""
        return self._silent > PINGS * FACTORS[phase]
