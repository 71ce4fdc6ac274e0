"""Stand-ins for modules: what imports them, and that they are then the real ones."""

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.engine.libraries.stand_in import StandIn, after_import, defer

INIT = """
import builtins
builtins.loaded_packages.append(__name__)
from . import part
version = 1
"""
PART = """
import builtins
builtins.loaded_packages.append(__name__)
import sys
name = __name__
"""
COUNT = itertools.count()
Package = Callable[[], str]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The modules of packages, in the order in which they ran."""
    names: list[str] = []
    monkeypatch.setattr("builtins.loaded_packages", names, raising=False)
    before, finders = set(sys.modules), list(sys.meta_path)
    yield names
    for name in set(sys.modules) - before:
        del sys.modules[name]
    sys.meta_path[:] = finders


@pytest.fixture
def package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loaded: list[str]
) -> Callable[[], str]:
    """Make a package with the submodules `part`, which it imports, and `other`."""
    monkeypatch.syspath_prepend(tmp_path)

    def make() -> str:
        name = f"slow_package_{next(COUNT)}"
        (tmp_path / name).mkdir()
        for file, text in {"__init__": INIT, "part": PART, "other": PART}.items():
            (tmp_path / name / f"{file}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return name

    return make


def test_a_package_is_imported_when_something_is_read_from_it(
    package: Package, loaded: list[str]
) -> None:
    name = package()
    defer(name, {"given": 5})
    library: Any = importlib.import_module(name)
    assert library.given == 5
    assert importlib.util.find_spec(name) is not None
    assert not hasattr(library, "__file__")
    assert loaded == []
    assert library.version == 1
    assert loaded == [name, f"{name}.part"]
    assert not isinstance(sys.modules[name], StandIn)
    assert library.part is sys.modules[f"{name}.part"]


@pytest.mark.parametrize("child", ["part", "other"])
def test_a_submodule_imports_the_package_first_and_runs_once(
    package: Package, loaded: list[str], child: str
) -> None:
    name = package()
    defer(name)
    module: Any = importlib.import_module(f"{name}.{child}")
    assert module.name == f"{name}.{child}"
    assert module is sys.modules[f"{name}.{child}"]
    assert getattr(sys.modules[name], child) is module
    assert loaded[0] == name
    assert len(loaded) == len(set(loaded))
    assert module.__spec__.loader.get_code(module.__name__) is not None


def test_a_light_submodule_needs_no_package_and_belongs_to_it_later(
    package: Package, loaded: list[str]
) -> None:
    name = package()
    defer(name, light=("other",))
    light = importlib.import_module(f"{name}.other")
    assert loaded == [f"{name}.other"]
    importlib.import_module(f"{name}.part")
    library: Any = sys.modules[name]
    assert library.other is light
    assert loaded.count(f"{name}.other") == 1


def test_a_submodule_can_be_deferred_too(package: Package, loaded: list[str]) -> None:
    name = package()
    defer(name)
    defer(f"{name}.other", {"given": 5})
    library: Any = importlib.import_module(name)
    assert library.other.given == 5
    assert loaded == []
    assert library.other.name == f"{name}.other"
    assert loaded == [name, f"{name}.part", f"{name}.other"]


def test_nothing_stands_in_for_what_is_loaded_or_not_installed(package: Package) -> None:
    name = package()
    importlib.import_module(name)
    assert defer(name) is None
    assert defer("no_such_package") is None
    assert "no_such_package" not in sys.modules


def test_a_module_is_changed_before_anything_reads_it(package: Package, loaded: list[str]) -> None:
    name = package()
    seen: list[int] = []

    def change(module: Any) -> None:
        seen.append(module.version)
        module.version = 2

    after_import(name, change)
    library: Any = importlib.import_module(name)
    assert library.version == 2
    assert importlib.import_module(name) is library
    assert seen == [1]
