"""The README's tree is the disk's: each entry once, with one gloss."""

import re
import subprocess

import pytest

from tools.house.source import ROOT

LINE = re.compile(r"^(?P<path>[\w./-]+?)/?\s{2,}(?P<gloss>\S.*)$")


def tree() -> dict[str, str]:
    """Path → gloss, as the README's section "Where things are" draws it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split("## Where things are", 1)[1].split("```", 2)[1]
    glosses: dict[str, str] = {}
    for line in block.strip().splitlines()[1:]:
        match = LINE.match(line)
        assert match, f"not `path  gloss`: {line!r}"
        assert match["path"] not in glosses, f"twice: {match['path']}"
        glosses[match["path"]] = match["gloss"]
    return glosses


def on_disk() -> set[str]:
    """The top-level entries that belong to the repository; hidden files only configure tools."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git clone: what belongs to the repository cannot be told")
    tops = {name.split("/")[0] for name in done.stdout.splitlines() if (ROOT / name).exists()}
    return {name for name in tops if not name.startswith(".") or (ROOT / name).is_dir()}


def test_every_entry_at_the_top_has_its_line() -> None:
    named = {path.split("/")[0] for path in tree()}
    assert on_disk() - named == set()


def test_every_line_names_something_that_is_there() -> None:
    assert [path for path in tree() if not (ROOT / path).exists()] == []


def test_every_room_of_core_has_its_line() -> None:
    rooms = {
        f"core/{path.name}"
        for path in (ROOT / "core").iterdir()
        if path.name not in {"__init__.py", "__pycache__"}
    }
    assert rooms - set(tree()) == set()
