"""The modules of the page, tested by Node's own test module; `dom.js` stands in for a browser."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODE = shutil.which("node")


@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.js")))
def test_the_pages_own_tests_pass(name: str) -> None:
    if NODE is None:
        assert not os.environ.get("CI"), "Node is missing"
        pytest.skip("Node is missing")
    # Without `--test`, which would start a second process for the only file.
    done = subprocess.run(
        [NODE, str(HERE / name)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout
