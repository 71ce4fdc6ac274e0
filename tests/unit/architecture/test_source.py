"""The reader of imports sees what counts, and leaves out what only type checkers run."""

import textwrap
from pathlib import Path

from tests.unit.architecture.source import Import, Module, is_within

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
    path.write_text(textwrap.dedent(SOURCE))
    found = {(imported.name, imported.lazy) for imported in imports(path)}
    assert found == {
        ("json", False),
        ("typing.TYPE_CHECKING", False),
        ("core.store.database", False),
        ("core.tasks.sibling", False),
        ("core.errors.StudioError", False),
        ("numpy", False),
        ("core.engine.pool", True),
    }


def test_a_name_lies_within_a_package_only_at_a_dot() -> None:
    assert is_within("core.store.blobs", "core.store")
    assert is_within("core.store", "core.store")
    assert not is_within("core.storefront", "core.store")


def imports(path: Path) -> list[Import]:
    """The imports of a file, as a module of core/tasks."""
    return list(Module("core.tasks.module", path).imports())
