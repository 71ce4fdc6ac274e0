"""The `Prefer: wait=N` header (RFC 7240): how long a client would wait for the result."""

from __future__ import annotations

import re

LONGEST = 300.0
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*(\d{1,6})(?:$|[,;\s])")


def wait_seconds(header: str | None) -> float:
    """Seconds to wait, 0 when none were asked for; never more than `LONGEST`."""
    found = WAIT.search(header or "")
    return min(float(found.group(1)), LONGEST) if found else 0.0
