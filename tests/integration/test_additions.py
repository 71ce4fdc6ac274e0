"""An operation, a family and a kind are added by a file: no list anywhere names them."""

import subprocess

import pytest

from tools.house.additions import ADDITIONS, add
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
def test_an_operation_a_family_and_a_kind_are_a_file_each_and_generated_docs() -> None:
    touched = add(*ADDITIONS)
    assert not touched.failure
    assert sorted(touched.written) == sorted(addition.path for addition in ADDITIONS)
