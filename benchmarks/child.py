"""The part of a benchmark that runs in a process of its own, with torch."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.server import ROOT


def report_of(module: str, *arguments: str) -> Any:
    """The JSON in the last line that `python -m benchmarks.MODULE` prints.

    Raises `RuntimeError` with the end of its log where it fails.
    """
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])
