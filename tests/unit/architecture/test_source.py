"""The reader of imports returns absolute names, and marks lazy and type-only imports."""

import textwrap
from pathlib import Path

from tools.house.source import Import, Module, is_within

SOURCE = """
    import json
    from typing import TYPE_CHECKING
    from core.store import database
    from . import sibling
    from ..errors import StudioError

    if TYPE_CHECKING:
        import torch
    else:
        import numpy

    def run():
        from core.engine import pool
"""


def test_imports_are_read_with_their_time_and_absolute_name(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(textwrap.dedent(SOURCE), encoding="utf-8")
    assert {(item.name, item.lazy, item.typing) for item in imports(path)} == {
        ("json", False, False),
        ("typing.TYPE_CHECKING", False, False),
        ("core.store.database", False, False),
        ("core.tasks.sibling", False, False),
        ("core.errors.StudioError", False, False),
        ("torch", False, True),
        ("numpy", False, False),
        ("core.engine.pool", True, False),
    }


def test_a_name_lies_within_a_package_only_at_a_dot() -> None:
    assert is_within("core.store.blobs", "core.store")
    assert is_within("core.store", "core.store")
    assert not is_within("core.storefront", "core.store")


def imports(path: Path) -> list[Import]:
    """The imports of a file, as a module of core/tasks."""
    return list(Module("core.tasks.module", path).imports())
