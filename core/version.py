"""The studio's version and commit, and the versions of libraries that decide pixels."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

VERSION = "0.1.0"
GIT = Path(__file__).resolve().parent.parent / ".git"


@cache
def version() -> dict[str, str | None]:
    """The versions that a snapshot records, from package metadata: no library is imported."""
    packages = ("diffusers", "transformers", "torch")
    return {"qpyt": VERSION, "commit": commit(), **{name: _installed(name) for name in packages}}


@cache
def commit() -> str | None:
    """The checked-out commit, where this is a git checkout."""
    try:
        head = (GIT / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        loose = GIT / name
        if loose.exists():
            return loose.read_text(encoding="utf-8").strip()
        packed = (GIT / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)
    except OSError:
        return None


def _installed(package: str) -> str | None:
    try:
        return installed(package)
    except PackageNotFoundError:
        return None
