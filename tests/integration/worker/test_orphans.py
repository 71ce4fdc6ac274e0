"""No process of the studio outlives its parent by more than two seconds."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import core
from core.settings import ROOT
from tests.child_processes import alive, survivors

SECONDS = 2.0
PARENT = """
import os, subprocess, sys, time
from core.children import command
module, code = sys.argv[1:]
arguments = command(module) if module else [sys.executable, "-c", code, str(os.getpid())]
child = subprocess.Popen(arguments, stdin=0)
print(child.pid, flush=True)
time.sleep(600)
"""
# The regular expression computes for hours and never releases the interpreter lock.
HOLDS_THE_LOCK = """
import re, sys
from core import children
children.end_with_parent(int(sys.argv[1]))
re.match(r"(a+)+$", "a" * 60 + "b")
"""
WATCHES_ITS_PARENT = """
import sys
from core import children
children._signalled_by_kernel = lambda: False
children.end_with_parent(int(sys.argv[1]))
while True: pass
"""
SOURCES = {path: path.read_text("utf-8") for path in Path(core.__file__).parent.rglob("*.py")}
MODULES = sorted(
    {name for text in SOURCES.values() for name in re.findall(r'command\("([\w.]+)"\)', text)}
)
Parent = subprocess.Popen[bytes]


@pytest.fixture
def parent(request: pytest.FixtureRequest) -> Iterator[Parent]:
    """A process that starts the module or the code of the parameter; its input stays open."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, *request.param],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    yield process
    process.kill()
    process.communicate()


def child_of(parent: Parent) -> psutil.Process:
    assert parent.stdout is not None
    return psutil.Process(int(parent.stdout.readline()))


def survives(parent: Parent, child: psutil.Process) -> bool:
    """Kill the parent; True if the child outlives it."""
    parent.kill()
    parent.wait()
    return bool(survivors([child], SECONDS))


@pytest.mark.parametrize("parent", [(name, "") for name in MODULES], indirect=True)
def test_a_process_that_starts_ends_with_its_parent(parent: Parent) -> None:
    assert not survives(parent, child_of(parent))


KERNEL = pytest.param(
    ("", HOLDS_THE_LOCK),
    marks=pytest.mark.skipif(sys.platform != "linux", reason="the kernel has no such signal"),
    id="native code that holds the lock",
)
WATCH = pytest.param(("", WATCHES_ITS_PARENT), id="a thread that watches")


@pytest.mark.parametrize("parent", [KERNEL, WATCH], indirect=True)
def test_a_process_that_computes_ends_with_its_parent(parent: Parent) -> None:
    child = child_of(parent)
    while child.cpu_times().user < 1.5:
        assert alive(child)
    assert not survives(parent, child)


def test_one_function_starts_every_module() -> None:
    assert {"core.worker.child", "core.pictures.trace"} <= set(MODULES)
    starters = [path.name for path, text in SOURCES.items() if '"-m"' in text]
    assert starters == ["children.py"]
