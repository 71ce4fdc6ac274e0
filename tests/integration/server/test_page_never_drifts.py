"""The state of the page against a real server, over a faulty network: equal at the end."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.process import LAZY, Server

SCRIPT = Path(__file__).resolve().parents[2] / "unit" / "page" / "drift.js"
NODE = shutil.which("node")
SECONDS = 240


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: the script retries every task that failed, and lists all that ended."""
    server = Server(tmp_path_factory.mktemp("drift") / "data", **LAZY).start()
    yield server
    server.stop()


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_lost_repeated_late_and_reordered_events_leave_the_page_equal_to_the_server(
    apart: Server, seed: int
) -> None:
    if NODE is None:
        assert not os.environ.get("CI"), "Node is missing"
        pytest.skip("Node is missing")
    done = subprocess.run(
        [NODE, "--experimental-websocket", str(SCRIPT), apart.url, str(seed)],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS - 20,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
