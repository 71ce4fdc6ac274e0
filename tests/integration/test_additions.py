"""An operation, a family and a kind are added by a file: no list anywhere names them."""

import subprocess

import pytest

from tools.house.additions import ADDITIONS, Addition, add
from tools.house.source import ROOT


@pytest.fixture(autouse=True)
def clone() -> None:
    """Skip where git does not list the files of the repository."""
    command = ["git", "rev-parse", "--is-inside-work-tree"]
    try:
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git clone: the files of the repository are unknown")


@pytest.mark.timeout(300)  # it runs other tests in a process of its own
@pytest.mark.parametrize("addition", ADDITIONS, ids=lambda addition: addition.noun)
def test_an_addition_is_one_file_and_generated_docs(addition: Addition) -> None:
    touched = add(addition)
    assert not touched.failure
    assert touched.written == (addition.path,)
