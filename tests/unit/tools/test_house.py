"""Figures of the source: lines of code, circles, documentation, and the table in the docs."""

from pathlib import Path

import pytest

from tools.house.__main__ import HEADING, table, updated
from tools.house.figures import Figure, code_lines, undocumented
from tools.house.floors import circle, floor_of, upward
from tools.house.source import Module

SOURCE = '''"""A docstring
of two lines."""

import json  # kept

# a comment
TEXT = """a text
of two lines"""


def load() -> str:
    """Load."""
    return json.dumps(
        TEXT
    )
'''


def module(folder: Path, name: str, source: str) -> Module:
    """A module of a package in `folder`."""
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    return Module(f"core.store.{name}", path)


def test_blank_lines_comments_and_docstrings_are_no_code(tmp_path: Path) -> None:
    assert code_lines(module(tmp_path, "load", SOURCE).path) == 7


def test_public_names_need_a_docstring(tmp_path: Path) -> None:
    source = "class A:\n    def b(self): ...\n    def _c(self): ...\ndef _d(): ...\n"
    names = list(undocumented(module(tmp_path, "m", source)))
    assert names == ["core.store.m.A", "core.store.m.A.b"]


@pytest.mark.parametrize(
    "back",
    [
        "import core.store.first",
        "def load():\n    from core.store.first import name",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from core.store import first",
    ],
)
def test_a_circle_is_reported_whenever_its_imports_run(tmp_path: Path, back: str) -> None:
    first = module(tmp_path, "first", "from core.store import second")
    assert circle([first, module(tmp_path, "second", back)])
    assert not circle([first, module(tmp_path, "third", "import core.store.first")])


def test_an_import_of_a_higher_floor_is_reported(tmp_path: Path) -> None:
    low = module(tmp_path, "low", "import core.errors\nfrom core.tasks import queue\n")
    assert [imported.line for _, imported in upward([low])] == [2]


def test_other_projects_lie_on_no_floor() -> None:
    assert floor_of("torch.nn") is None
    assert floor_of("core.storefront") is None


def test_the_table_replaces_the_old_one_and_leaves_the_prose() -> None:
    page = f"# A\n{HEADING}\nMeasured by a tool.\n\n| old | table |\n\n## Next\n\n| kept | too |\n"
    rows = table([Figure("files", "401", "≤ 400", False), Figure("rate", "1.0")])
    text = updated(page, rows)
    assert "| files | **401** | ≤ 400 |" in text
    assert "Measured by a tool." in text
    assert "old" not in text
    assert text.endswith("\n## Next\n\n| kept | too |\n")
    assert updated(text, rows) == text


def test_a_page_without_the_section_is_an_error() -> None:
    with pytest.raises(ValueError, match="no section"):
        updated("# A\n", "")
