"""Files that an operation, a family or a kind touches, counted by adding one to a copy.

The copy holds the files of the working tree. Generated docs are written anew in it, and the tests
that derive their cases from the registries run in it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.house.figures import Figure
from tools.house.source import ROOT

GENERATED = ("docs/reference/", "docs/bricks.md", ".env.example", "core/studio/operations.pyi")
BESIDE = ("__pycache__", ".pytest_cache", ".mypy_cache", ".hypothesis")
"""Folders that running code leaves behind."""


@dataclass(frozen=True)
class Addition:
    """A new file, the file that holds its text, the tests of it, and the limit of files."""

    noun: str
    path: str
    source: str
    tests: tuple[str, ...]
    most: int

    def text(self) -> str:
        """Content of the new file: the first Python block of a page, or a whole module."""
        text = (ROOT / self.source).read_text(encoding="utf-8")
        if self.source.endswith(".md"):
            return text.split("```python\n", 1)[1].split("```", 1)[0]
        return text


REGISTRY = ("tests/unit/operations/test_registry.py",)
ADDITIONS = (
    Addition("operation", "core/operations/mirror.py", "docs/add-an-operation.md", REGISTRY, 1),
    Addition(
        "family",
        "core/models/families/tiny.py",
        "docs/add-a-family.md",
        (*REGISTRY, "tests/unit/models/test_families.py", "tests/unit/models/test_plans.py"),
        4,
    ),
    Addition(
        "kind",
        "core/operations/palette.py",
        "tests/operations/palette.py",
        (*REGISTRY, "tests/unit/operations/test_kinds.py"),
        2,
    ),
)


@dataclass(frozen=True)
class Touched:
    """Files that changed in the copy, and the output of tests that failed."""

    written: tuple[str, ...]
    generated: tuple[str, ...]
    failure: str

    @property
    def of_page(self) -> tuple[str, ...]:
        """Files of web/."""
        return tuple(path for path in self.written if path.startswith("web/"))


def addition_figures() -> list[Figure]:
    """Files that each addition touches."""
    return [_figure(addition, add(addition)) for addition in ADDITIONS]


def add(*additions: Addition) -> Touched:
    """Add them to a copy of the working tree, write the generated docs and run their tests."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        before = _copy_to(copy)
        for addition in additions:
            (copy / addition.path).write_text(addition.text(), encoding="utf-8")
        tests = dict.fromkeys(test for addition in additions for test in addition.tests)
        failure = _run(copy, "tools.docs")
        failure += _run(copy, "pytest", "-q", "-n", "0", *tests)
        changed = sorted(name for name, data in _contents(copy).items() if before.get(name) != data)
    return Touched(
        tuple(name for name in changed if not name.startswith(GENERATED)),
        tuple(name for name in changed if name.startswith(GENERATED)),
        failure,
    )


def _figure(addition: Addition, touched: Touched) -> Figure:
    count = len(touched.written)
    value = f"{count} ({', '.join(touched.written)})"
    if touched.generated:
        value += f", {len(touched.generated)} generated"
    if touched.failure:
        value += ", its tests fail"
    reached = count <= addition.most and not touched.of_page and not touched.failure
    target = f"≤ {addition.most}, none in web/"
    return Figure(f"files touched by a new {addition.noun}", value, target, reached)


def _copy_to(copy: Path) -> Mapping[str, bytes]:
    """Copy the files that belong to the repository; their contents by path."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    return _contents(copy)


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not set(BESIDE) & set(path.parts)
    }


def _run(copy: Path, *module: str) -> str:
    """Run a module in the copy; its output if it failed, else nothing."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("QPYT_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # the second process loads what the first compiled
    done = subprocess.run(
        [sys.executable, "-m", *module],
        cwd=copy,
        env={**kept, "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.stdout if done.returncode else ""
