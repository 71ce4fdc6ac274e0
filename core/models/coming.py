"""What records promise and the engine cannot do yet. A line goes when its code arrives.

The library offers no mode that is listed here, so nothing is shown that does not work.
"""

from __future__ import annotations

# Ways a model lies on disk that are recognised and completed, but not loaded.
LAYOUTS: frozenset[str] = frozenset()
# Adapter of core/engine/modes → the modes it has no function for.
MODES: dict[str, frozenset[str]] = {}


def ready(adapter: str, mode: str) -> bool:
    """Whether the engine has this function."""
    return mode not in MODES.get(adapter, ())
