"""The labels of the tasks of a replay."""

from __future__ import annotations

REPLAY = "replay"  # of the comparison: the asset that runs again
REPLAY_OF = "replay_of"  # of the repeated task, and port of the lineage of its image
