"""All tests, in two runs of pytest at once: `python -m tools.suite [OPTIONS OF PYTEST]`.

The browser tests wait for a page half of the time, and the others use the processor meanwhile. They
cannot share processes, as Playwright keeps an event loop running in its own.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

OTHERS = ("tests/integration", "tests/unit")
BROWSER = ("tests/browser",)
OTHERS_MAX, BROWSER_PROCESSES = 4, 2
NO_TESTS = 5
"""Exit code of pytest where the options select none."""
POLL_SECONDS = 0.2


def main() -> None:
    """Run both; the exit code is 0 if no test failed."""
    options = sys.argv[1:]
    others = pytest_command(OTHERS, min(os.cpu_count() or 1, OTHERS_MAX), options)
    raise SystemExit(run(others, pytest_command(BROWSER, BROWSER_PROCESSES, options)))


def pytest_command(folders: Sequence[str], processes: int, options: Sequence[str]) -> list[str]:
    """A run of pytest over folders. Files start in their order: those that take longest first."""
    side_by_side = [f"--numprocesses={processes}", "--dist=loadfile", "--no-loadscope-reorder"]
    return [sys.executable, "-m", "pytest", *folders, *side_by_side, *options]


def run(shown: Sequence[str], beside: Sequence[str]) -> int:
    """Run two commands at once; print the output of the second after that of the first.

    Returns the first exit code that means a failure.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        with output.open("wb") as log:
            second = subprocess.Popen(beside, stdout=log, stderr=subprocess.STDOUT)
        with second:  # an interrupt reaches it too: its end is waited for
            code = subprocess.run(shown, check=False).returncode
            follow(second, output)
    codes = (code, second.returncode)
    return next((code for code in codes if code not in (0, NO_TESTS)), min(codes))


def follow(process: subprocess.Popen[bytes], output: Path) -> None:
    """Print what a process writes to a file until it has ended."""
    with output.open("rb") as reader:
        ended = False
        while not ended:
            ended = process.poll() is not None
            sys.stdout.write(reader.read().decode("utf-8", "replace"))
            sys.stdout.flush()
            if not ended:
                time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
