"""The kept index of transformers' models: equal to what it reads, and never older than it."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.engine.libraries import model_index

INDEX = {frozenset({"torch"}): {"clip.modeling_clip": {"CLIPModel"}}, frozenset[str](): {}}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A package like transformers: `scans` holds what was read from its sources."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "compiled"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    package = tmp_path / "library"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    return SimpleNamespace(package=package, models=str(package / "models"), scans=[])


def process(library: Any) -> Any:
    """`import_utils` of a new process."""

    def scan(path: Any, prefix: str | None = None) -> dict[Any, Any]:
        library.scans.append(str(path))
        return INDEX

    file = str(library.package / "utils" / "import_utils.py")
    import_utils = SimpleNamespace(__file__=file, define_import_structure=scan)
    model_index.keep_index(import_utils)
    return import_utils


def test_the_sources_are_read_once_by_all_processes(library: Any) -> None:
    first = process(library)
    assert first.define_import_structure(library.models) == INDEX
    inside = first.define_import_structure(Path(library.models), prefix="models")
    assert inside[frozenset({"torch"})] == {"models.clip.modeling_clip": {"CLIPModel"}}
    file = str(Path(library.models) / "__init__.py")
    assert process(library).define_import_structure(file) == INDEX
    assert library.scans == [library.models]


def test_other_folders_are_read_by_the_library(library: Any) -> None:
    folder = f"{library.models}/clip/__init__.py"
    process(library).define_import_structure(folder)
    assert library.scans == [folder]


def test_another_installation_is_read_again(library: Any) -> None:
    process(library).define_import_structure(library.models)
    (library.package / "__init__.py").write_text("version = 2", encoding="utf-8")
    process(library).define_import_structure(library.models)
    assert len(library.scans) == 2


@pytest.mark.parametrize("content", [b"", b"\0garbage", b"[]", b'{"stamp": 1}'])
def test_a_broken_file_is_read_again(library: Any, content: bytes) -> None:
    process(library).define_import_structure(library.models)
    model_index.index_file().write_bytes(content)
    assert process(library).define_import_structure(library.models) == INDEX
    assert len(library.scans) == 2


def test_nothing_is_written_where_python_writes_no_bytecode(
    library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert process(library).define_import_structure(library.models) == INDEX
    assert not model_index.index_file().exists()


def test_a_folder_that_cannot_be_written_does_no_harm(library: Any, tmp_path: Path) -> None:
    (tmp_path / "compiled").write_text("a file in the place of the folder", encoding="utf-8")
    assert process(library).define_import_structure(library.models) == INDEX
